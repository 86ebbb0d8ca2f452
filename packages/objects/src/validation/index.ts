export { validateControllerRevision, validateControllerRevisionUpdate } from './controller-revision.js';
export { validateDaemonSetSpec, validateDaemonSetStatus, validateDaemonSetUpdate } from './daemon-set.js';
export { validateLabelSelector } from './label-selector.js';
export {
  configKeyFaults,
  dnsLabelFaults,
  dnsSubdomainFaults,
  labelValueFaults,
  qualifiedNameFaults,
} from './names.js';
export { validateNode, validateNodeUpdate } from './node.js';
export {
  IMMUTABLE_METADATA,
  type NameRule,
  validateAnnotations,
  validateLabels,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './object-meta.js';
export { validatePodCreate, validatePodStatusUpdate, validatePodUpdate } from './pod.js';
export { validatePodSpec, validatePodTemplate } from './pod-spec.js';
export { validateTaints, validateTolerations } from './toleration.js';
