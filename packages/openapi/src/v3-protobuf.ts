import protobuf from 'protobufjs/light.js';
import { GNOSTIC_V3_MESSAGES } from './gnostic-v3-messages.js';
import { extensionWords, type Message, namedList, pathItem } from './gnostic-values.js';
import type { JsonSchema } from './schemas.js';
import type { OpenApiV3Document } from './v3.js';

/** The Content-Type of {@link encodeOpenApiV3}'s bytes. Source: kube-openapi pkg/handler3. */
export const OPENAPI_V3_PROTOBUF = 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf';

/** Media types in Accept for these bytes; client-go sends the second. */
export const OPENAPI_V3_PROTOBUF_ACCEPTED: readonly string[] = [
  OPENAPI_V3_PROTOBUF,
  'application/com.github.proto-openapi.spec.v3@v1.0+protobuf',
];

const extensions = (value: JsonSchema): Message => ({ specificationExtension: extensionWords(value) });

const schemaMessages = (schemas: unknown): Message[] => ((schemas ?? []) as JsonSchema[]).map(schemaOrReference);

function schemaOrReference(schema: JsonSchema): Message {
  return schema.$ref === undefined ? { schema: schemaMessage(schema) } : { reference: { ref: schema.$ref } };
}

/** Gnostic can express only plain defaults. The others are all `{}` and are left out. */
function defaultMessage(value: unknown): Message {
  switch (typeof value) {
    case 'number':
      return { default: { number: value } };
    case 'boolean':
      return { default: { boolean: value } };
    case 'string':
      return { default: { string: value } };
    default:
      return {};
  }
}

function schemaMessage(schema: JsonSchema): Message {
  const { items, properties, additionalProperties, allOf, oneOf, default: byDefault, ...same } = schema;
  return {
    ...same,
    allOf: schemaMessages(allOf),
    oneOf: schemaMessages(oneOf),
    ...(items !== undefined && { items: { schemaOrReference: [schemaOrReference(items as JsonSchema)] } }),
    ...(properties !== undefined && {
      properties: { additionalProperties: namedList(properties, schemaOrReference) },
    }),
    ...(additionalProperties !== undefined && {
      additionalProperties: { schemaOrReference: schemaOrReference(additionalProperties as JsonSchema) },
    }),
    ...defaultMessage(byDefault),
    ...extensions(schema),
  };
}

const parameterMessages = (parameters: unknown): Message[] =>
  ((parameters ?? []) as JsonSchema[]).map(({ schema, ...parameter }) => ({
    parameter: { ...parameter, schema: schemaOrReference(schema as JsonSchema) },
  }));

const contentMessage = (content: unknown): Message => ({
  additionalProperties: namedList(content, ({ schema }) => ({ schema: schemaOrReference(schema as JsonSchema) })),
});

function responseMessage({ description, content }: JsonSchema): Message {
  return { response: { description, ...(content !== undefined && { content: contentMessage(content) }) } };
}

function operationMessage({ requestBody, parameters, responses, ...operation }: JsonSchema): Message {
  const body = requestBody as JsonSchema | undefined;
  return {
    ...operation,
    parameters: parameterMessages(parameters),
    ...(body && { requestBody: { requestBody: { ...body, content: contentMessage(body.content) } } }),
    responses: { responseOrReference: namedList(responses, responseMessage) },
    ...extensions(operation),
  };
}

const pathMessage = (path: JsonSchema): Message => pathItem(path, operationMessage, parameterMessages);

let documentType: protobuf.Type | undefined;

export function gnosticV3DocumentType(): protobuf.Type {
  documentType ??= protobuf.Root.fromJSON(GNOSTIC_V3_MESSAGES).lookupType('Document');
  return documentType;
}

/** The OpenAPI 3 document as gnostic's openapi.v3.Document. */
export function encodeOpenApiV3({ openapi, info, paths, components }: OpenApiV3Document): Uint8Array {
  const type = gnosticV3DocumentType();
  const message = {
    openapi,
    info,
    paths: { path: namedList(paths, pathMessage) },
    components: { schemas: { additionalProperties: namedList(components.schemas, schemaOrReference) } },
  };
  return type.encode(type.fromObject(message)).finish();
}
