export { type CheckedPod, checkedPod } from './check.js';
export { describeViolations, violationsOf } from './evaluate.js';
export {
  compareLevels,
  describePolicy,
  type Level,
  type LevelVersion,
  type Mode,
  type Policy,
  policyOf,
} from './policy.js';
