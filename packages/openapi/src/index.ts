export { type Descriptions, readDescriptions, type TypeDescription } from './descriptions.js';
export { type EncodedDocument, OpenApiDocuments } from './documents.js';
export { type OpenApiV2Document, openApiV2 } from './v2.js';
export { encodeOpenApiV2, OPENAPI_V2_PROTOBUF, OPENAPI_V2_PROTOBUF_ACCEPTED } from './v2-protobuf.js';
export { type OpenApiV3Document, openApiV3 } from './v3.js';
export { encodeOpenApiV3, OPENAPI_V3_PROTOBUF, OPENAPI_V3_PROTOBUF_ACCEPTED } from './v3-protobuf.js';
