export { canonicalValue, isJsonObject } from './canonical-value.js';
export { DecodeFault } from './decode-fault.js';
export * from './decode-object.js';
export { type ParsedBody, parseBody } from './parse-body.js';
export { canonicalMicroTime, canonicalTime } from './time.js';
export { unknownFields } from './unknown-fields.js';
