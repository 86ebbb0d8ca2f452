import type { CachedObject } from '@everynode/list-watch';
import type { Pod, Stored } from '@everynode/objects';

/**
 * Returns a pod as the counts of its owner read it. The record says where the pod is bound. The spec is the one large
 * part of a pod, and no count reads it, so it is not even parsed.
 */
export function countedPod({ metadata, record, status }: CachedObject<Stored<Pod>>): Stored<Pod> {
  const spec = { containers: [], ...(record.placement !== null && { nodeName: record.placement }) };
  return { metadata, spec, status } as unknown as Stored<Pod>;
}
