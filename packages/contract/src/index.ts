export * from './events.js';
export * from './journal-codec.js';
export * from './revision-range.js';
export * from './streams.js';
export * from './subjects.js';
export * from './validate.js';
