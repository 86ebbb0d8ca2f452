import type { AssignedPod } from './assigned-pod.js';

/** Pods from this priority on are critical to the system. Source: pkg/apis/scheduling, SystemCriticalPriority. */
export const CRITICAL_PRIORITY = 2_000_000_000;

/** Where a pod comes from: `file` for a static pod; none for one of the API. */
const SOURCE_ANNOTATION = 'kubernetes.io/config.source';
/** On the object that shows a static pod in the API: the hash of the pod that it shows. */
const MIRROR_ANNOTATION = 'kubernetes.io/config.mirror';

/** Whether the pod is one of this machine's files, and not of the API. */
const isStaticPod = ({ metadata }: Pick<AssignedPod, 'metadata'>): boolean =>
  metadata.annotations?.[SOURCE_ANNOTATION] !== undefined && !isMirrorPod({ metadata });

/** Whether the object only shows a static pod. */
const isMirrorPod = ({ metadata }: Pick<AssignedPod, 'metadata'>): boolean =>
  metadata.annotations?.[MIRROR_ANNOTATION] !== undefined;

/** Whether a node keeps the pod when its resources are short. Source: pkg/kubelet/types, IsCriticalPod. */
export const isCriticalPod = (pod: Pick<AssignedPod, 'metadata' | 'spec'>): boolean =>
  isStaticPod(pod) || isMirrorPod(pod) || (pod.spec.priority ?? 0) >= CRITICAL_PRIORITY;
