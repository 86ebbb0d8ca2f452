import { type PodSpec, type PodStatus, resourceByStorage } from '@everynode/objects';
import { type AdmissionFacts, admitPod, refuseUnallowedPod } from './admit-pod.js';

/** The parts of a pod that admission completes. */
export interface CompletedPod {
  spec: PodSpec;
  status: PodStatus;
  annotations: Record<string, string> | undefined;
}

const podDefinition = resourceByStorage('pods');

/**
 * Returns the parts of a pod as the api would have stored them. `template` is its spec; the name may be the beginning
 * of one. @throws ApiError Forbidden, as the api would.
 */
export function completePod(
  metadata: { name: string; namespace: string; annotations?: Record<string, string> },
  template: PodSpec,
  facts: AdmissionFacts,
): CompletedPod {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid: '', creationTimestamp: '', ...metadata },
    spec: structuredClone(template),
    status: {},
  };
  podDefinition.setDefaults(pod);
  admitPod(pod, facts);
  podDefinition.prepareForCreate(pod);
  refuseUnallowedPod(pod, facts);
  return { spec: pod.spec, status: pod.status, annotations: pod.metadata.annotations };
}
