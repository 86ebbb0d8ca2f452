export { type EndpointsContent, endpointsOf } from './endpoints-of.js';
export type { NamedPort, ServedPod } from './served-pod.js';
export { MANAGED_BY_LABEL, SERVICE_LABEL, SLICE_CONTROLLER, type SliceContent, slicesOf } from './slices-of.js';
