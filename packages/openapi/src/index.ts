export { type Descriptions, readDescriptions } from './descriptions.js';
export { openApiV2 } from './v2.js';
export { openApiV3 } from './v3.js';
