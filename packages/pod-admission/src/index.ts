export { type AdmissionFacts, accountOf, admitPod, refuseBeyond, refuseUnallowedPod } from './admit-pod.js';
export { limitRangeFaults, setLimitRangeDefaultsOf } from './limit-ranger.js';
export {
  type CheckedPod,
  checkedPod,
  compareLevels,
  describePolicy,
  describeViolations,
  type LevelVersion,
  type Mode,
  type Policy,
  policyOf,
  violationsOf,
} from './pod-security/index.js';
export { withAccountOf } from './service-account.js';
