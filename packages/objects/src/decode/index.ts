export { canonicalValue, isJsonObject } from './canonical-value.js';
export { DecodeFault } from './decode-fault.js';
export * from './decode-object.js';
export { type ParsedBody, parseBody, parseJsonText, type StrictFaults } from './parse-body.js';
export { strictJsonFaults } from './strict-json.js';
export { canonicalMicroTime, canonicalTime } from './time.js';
export { unknownFields } from './unknown-fields.js';
