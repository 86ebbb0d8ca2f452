export { canonicalValue } from './canonical-value.js';
export { decodeObject, type FieldValidation } from './decode-object.js';
export { parseBody } from './parse-body.js';
