import type { ObjectMeta } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';

const DEFAULT_GRACE_SECONDS = 30;
const TERMINAL: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed']);

/**
 * Deletes a pod gracefully: its agent gets the time that its spec asks for. A pod that runs nowhere, or has finished,
 * goes at once. Source: pkg/registry/core/pod/strategy.go, CheckGracefulDelete.
 */
export function decideTermination(current: Current | undefined, uid: string, now: number): Decision {
  if (current?.uid !== uid || current.deleting) return { kind: 'keep' };
  const metadata = JSON.parse(current.metadata ?? '{}') as ObjectMeta;
  const { spec } = JSON.parse(current.desired ?? '{}') as { spec?: PodSpec };
  const status = JSON.parse(current.observed ?? '{}') as PodStatus;
  const atOnce = !spec?.nodeName || TERMINAL.has(status.phase);
  const graceSeconds = atOnce ? 0 : (spec.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS);
  const marked: ObjectMeta = {
    ...metadata,
    deletionTimestamp: new Date(now + graceSeconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    deletionGracePeriodSeconds: graceSeconds,
  };
  const parts = { metadata: JSON.stringify(marked) };
  if (graceSeconds === 0 && !metadata.finalizers?.length) return { kind: 'delete', parts };
  return { kind: 'update', parts, deleting: true };
}
