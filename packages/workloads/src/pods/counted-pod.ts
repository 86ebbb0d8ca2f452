import type { Pod, Stored } from '@everynode/objects';

/** What is read of a cached pod to count it. */
interface PodInCache {
  readonly metadata: Stored<Pod>['metadata'];
  readonly status: Pod['status'];
  /** `placement` is the node that it is bound to. */
  readonly record: { readonly placement: string | null };
}

/**
 * Returns a pod as the counts of its owner read it. The record says where the pod is bound. The spec is the one large
 * part of a pod, and no count reads it, so it is not even parsed.
 */
export function countedPod({ metadata, record, status }: PodInCache): Stored<Pod> {
  const spec = { containers: [], ...(record.placement !== null && { nodeName: record.placement }) };
  return { metadata, spec, status } as unknown as Stored<Pod>;
}
