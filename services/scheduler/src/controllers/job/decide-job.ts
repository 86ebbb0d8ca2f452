import { isReleased, metadataText } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { TRACKING_FINALIZER } from '@everynode/workloads';

/** Takes the finalizer off a pod whose end is counted, or whose Job is gone. A pod that only it held is removed. */
export function decideUntracked(current: Current<'all-but-desired'> | undefined, uid: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const { finalizers = [], ...metadata } = JSON.parse(current.metadata) as Parameters<typeof metadataText>[0];
  const left = finalizers.filter((name) => name !== TRACKING_FINALIZER);
  if (left.length === finalizers.length) return { kind: 'keep' };
  const next = left.length > 0 ? { ...metadata, finalizers: left } : metadata;
  const parts = { metadata: metadataText(next) };
  return isReleased(next) ? { kind: 'delete', parts } : { kind: 'update', parts };
}
