export { ENDPOINTS_MANAGED_BY_LABEL, type EndpointsContent, endpointsOf } from './endpoints-of.js';
export { isMirrored, MIRRORING_CONTROLLER, mirrorOf } from './mirror-of.js';
export type { NamedPort, ServedPod } from './served-pod.js';
export {
  MANAGED_BY_LABEL,
  SERVICE_LABEL,
  SLICE_CONTROLLER,
  type SliceContent,
  type SlicePlan,
  slicesOf,
} from './slices-of.js';
