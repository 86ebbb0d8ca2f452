export { goFieldOf, goTextOf } from './go-names.js';
export { isOlderVersion } from './older-versions.js';
export { writesNullTime } from './time-fields.js';
export {
  type FieldFacts,
  INT_OR_STRING,
  lookupType,
  MICRO_TIME,
  QUANTITY,
  TIME,
  type TypeFacts,
  typeOfKind,
  type ValueFacts,
} from './type-facts.js';
