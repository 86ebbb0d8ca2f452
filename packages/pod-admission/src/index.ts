export { admissionFactsOf } from './admission-facts.js';
export {
  type AdmissionFacts,
  accountOf,
  refuseBeyond,
  refuseClaimBeyond,
  refuseMirrorReferences,
  refuseUnmountable,
  refuseViolation,
} from './admit-pod.js';
export { type CompletedPod, completePod } from './complete-pod.js';
export { limitRangeFaults, setLimitRangeDefaultsOf } from './limit-ranger.js';
export { type CheckedPod, checkedPod } from './pod-security/check.js';
export { describeViolations, violationsOf } from './pod-security/evaluate.js';
export {
  type ExemptBy,
  exemptionOf,
  exemptionsFrom,
  NO_EXEMPTIONS,
  type PodSecurityExemptions,
} from './pod-security/exemptions.js';
export {
  compareLevels,
  describePolicy,
  type LevelVersion,
  type Policy,
  policyOf,
} from './pod-security/policy.js';
export { refuseOverhead, withRuntimeClass } from './runtime-class.js';
export { withAccountOf } from './service-account.js';
