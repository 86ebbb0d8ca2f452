export { validateControllerRevision, validateControllerRevisionUpdate } from './controller-revision.js';
export { validateDaemonSetSpec, validateDaemonSetStatus, validateDaemonSetUpdate } from './daemon-set.js';
export { dnsLabelMessages, dnsSubdomainMessages } from './names.js';
export { validateNode, validateNodeUpdate } from './node.js';
export {
  finalizerDomainErrors,
  type NameRule,
  validateChangedMeta,
  validateMetaOfUpdate,
  validateObjectMeta,
} from './object-meta.js';
export { validatePod, validatePodCreate, validatePodUpdate } from './pod.js';
export { validatePodStatusUpdate } from './pod-status.js';
