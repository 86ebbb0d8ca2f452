import type { INamespace } from 'protobufjs';

const string = (id: number) => ({ type: 'string', id });
const bool = (id: number) => ({ type: 'bool', id });
const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

/** An ordered map in gnostic's form: a list of names with values. */
const named = (type: string) => ({ fields: { name: string(1), value: one(type, 2) } });
const mapOf = (type: string) => ({ fields: { additionalProperties: many(type, 1) } });

/**
 * The messages of gnostic's openapi.v3 package that these documents need, with the field numbers of its
 * OpenAPIv3.proto. Each `…OrReference` of gnostic is a choice of 1 (the thing) and 2 (the reference).
 */
export const GNOSTIC_V3_MESSAGES: INamespace = {
  nested: {
    Document: {
      fields: { openapi: string(1), info: one('Info', 2), paths: one('Paths', 4), components: one('Components', 5) },
    },
    Info: { fields: { title: string(1), version: string(6) } },
    Paths: { fields: { path: many('NamedPathItem', 1) } },
    NamedPathItem: named('PathItem'),
    PathItem: {
      fields: {
        get: one('Operation', 4),
        put: one('Operation', 5),
        post: one('Operation', 6),
        delete: one('Operation', 7),
        patch: one('Operation', 10),
        parameters: many('ParameterOrReference', 13),
      },
    },
    Operation: {
      fields: {
        tags: { rule: 'repeated', ...string(1) },
        description: string(3),
        operationId: string(5),
        parameters: many('ParameterOrReference', 6),
        requestBody: one('RequestBodyOrReference', 7),
        responses: one('Responses', 8),
        specificationExtension: many('NamedAny', 13),
      },
    },
    ParameterOrReference: { fields: { parameter: one('Parameter', 1) } },
    Parameter: {
      fields: {
        name: string(1),
        in: string(2),
        description: string(3),
        required: bool(4),
        schema: one('SchemaOrReference', 10),
      },
    },
    RequestBodyOrReference: { fields: { requestBody: one('RequestBody', 1) } },
    RequestBody: { fields: { content: one('MediaTypes', 2), required: bool(3) } },
    MediaTypes: mapOf('NamedMediaType'),
    NamedMediaType: named('MediaType'),
    MediaType: { fields: { schema: one('SchemaOrReference', 1) } },
    Responses: { fields: { responseOrReference: many('NamedResponseOrReference', 2) } },
    NamedResponseOrReference: named('ResponseOrReference'),
    ResponseOrReference: { fields: { response: one('Response', 1) } },
    Response: { fields: { description: string(1), content: one('MediaTypes', 3) } },
    Components: { fields: { schemas: one('SchemasOrReferences', 1) } },
    SchemasOrReferences: mapOf('NamedSchemaOrReference'),
    NamedSchemaOrReference: named('SchemaOrReference'),
    SchemaOrReference: { fields: { schema: one('Schema', 1), reference: one('Reference', 2) } },
    Reference: { fields: { ref: string(1) } },
    Schema: {
      fields: {
        uniqueItems: bool(20),
        required: { rule: 'repeated', ...string(23) },
        type: string(25),
        allOf: many('SchemaOrReference', 26),
        oneOf: many('SchemaOrReference', 27),
        items: one('ItemsItem', 30),
        properties: one('Properties', 31),
        additionalProperties: one('AdditionalPropertiesItem', 32),
        default: one('DefaultType', 33),
        description: string(34),
        format: string(35),
        specificationExtension: many('NamedAny', 36),
      },
    },
    ItemsItem: { fields: { schemaOrReference: many('SchemaOrReference', 1) } },
    Properties: mapOf('NamedSchemaOrReference'),
    AdditionalPropertiesItem: { fields: { schemaOrReference: one('SchemaOrReference', 1) } },
    DefaultType: {
      oneofs: { oneof: { oneof: ['number', 'boolean', 'string'] } },
      fields: { number: { type: 'double', id: 1 }, boolean: bool(2), string: string(3) },
    },
    NamedAny: named('Any'),
    Any: { fields: { yaml: string(2) } },
  },
};
