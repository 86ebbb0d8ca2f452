export { type Descriptions, fieldDescription, readDescriptions } from './descriptions.js';
export { OpenApiDocuments } from './documents.js';
export { openApiV2 } from './v2.js';
export { encodeOpenApiV2, OPENAPI_V2_PROTOBUF, OPENAPI_V2_PROTOBUF_ACCEPTED } from './v2-protobuf.js';
export { openApiV3 } from './v3.js';
export { encodeOpenApiV3, OPENAPI_V3_PROTOBUF, OPENAPI_V3_PROTOBUF_ACCEPTED } from './v3-protobuf.js';
