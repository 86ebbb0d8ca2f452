import protobuf from 'protobufjs/light.js';
import { GNOSTIC_MESSAGES } from './gnostic-messages.js';
import { extensionWords, type Message, namedList, pathItem } from './gnostic-values.js';
import type { JsonSchema } from './schemas.js';
import type { OpenApiV2Document } from './v2.js';

/**
 * The Content-Type of {@link encodeOpenApiV2}'s bytes. It differs from what kubectl sends in Accept: Go refuses to
 * parse a media type with an `@`. Source: kube-openapi pkg/handler.
 */
export const OPENAPI_V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** Media types in Accept for these bytes. kubectl sends the second, and accepts no other form. */
export const OPENAPI_V2_PROTOBUF_ACCEPTED: readonly string[] = [
  OPENAPI_V2_PROTOBUF,
  'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
];

const vendorExtensions = (value: JsonSchema): Message => ({ vendorExtension: extensionWords(value) });

function schemaMessage(schema: JsonSchema): Message {
  const { $ref, format, description, required, type, items, properties, additionalProperties } = schema;
  return {
    ref: $ref,
    format,
    description,
    required,
    ...(type !== undefined && { type: { value: [type] } }),
    ...(items !== undefined && { items: { schema: [schemaMessage(items as JsonSchema)] } }),
    ...(properties !== undefined && {
      properties: { additionalProperties: namedList(properties, schemaMessage) },
    }),
    ...(additionalProperties !== undefined && {
      additionalProperties: { schema: schemaMessage(additionalProperties as JsonSchema) },
    }),
    ...vendorExtensions(schema),
  };
}

function parameterMessage(parameter: JsonSchema): Message {
  if (parameter.in === 'body') {
    const schema = schemaMessage(parameter.schema as JsonSchema);
    return { parameter: { bodyParameter: { ...parameter, schema } } };
  }
  const place = parameter.in === 'path' ? 'pathParameterSubSchema' : 'queryParameterSubSchema';
  return { parameter: { nonBodyParameter: { [place]: parameter } } };
}

function responseMessage({ description, schema }: JsonSchema): Message {
  return {
    response: {
      description,
      ...(schema !== undefined && { schema: { schema: schemaMessage(schema as JsonSchema) } }),
    },
  };
}

const parameterMessages = (parameters: unknown): Message[] =>
  ((parameters ?? []) as JsonSchema[]).map(parameterMessage);

function operationMessage(operation: JsonSchema): Message {
  return {
    ...operation,
    parameters: parameterMessages(operation.parameters),
    responses: { responseCode: namedList(operation.responses, responseMessage) },
    ...vendorExtensions(operation),
  };
}

const pathMessage = (path: JsonSchema): Message => pathItem(path, operationMessage, parameterMessages);

/** The message type of a document, made on first use. */
let documentType: protobuf.Type | undefined;

export function gnosticDocumentType(): protobuf.Type {
  documentType ??= protobuf.Root.fromJSON(GNOSTIC_MESSAGES).lookupType('Document');
  return documentType;
}

/** The OpenAPI 2 document as gnostic's openapi.v2.Document, which `kubectl create --validate` and `explain` read. */
export function encodeOpenApiV2({ swagger, info, paths, definitions }: OpenApiV2Document): Uint8Array {
  const type = gnosticDocumentType();
  const message = {
    swagger,
    info,
    paths: { path: namedList(paths, pathMessage) },
    definitions: { additionalProperties: namedList(definitions, schemaMessage) },
  };
  return type.encode(type.fromObject(message)).finish();
}
