import type { Fence, WriteRequest, WriteResult } from '@everynode/store';
import type { SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import type { CachedPod } from './unplaced-pod.js';

/** Writes a pod and waits until the caches show it: the next pod is placed by what this one left. */
export async function writePod(
  context: SchedulerContext,
  { record }: CachedPod,
  fence: Fence,
  decide: WriteRequest<'all'>['decide'],
): Promise<WriteResult['outcome']> {
  const { namespace, name } = record;
  const key = { resource: 'pods', namespace, name } as const;
  const { outcome, revision } = await context.store.write({ key, reads: 'all', fence, decide });
  if (outcome !== 'kept') await caughtUp(context, revision);
  return outcome;
}
