import type { INamespace } from 'protobufjs';

const string = (id: number) => ({ type: 'string', id });
const strings = (id: number) => ({ rule: 'repeated', type: 'string', id });
const bool = (id: number) => ({ type: 'bool', id });
const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated', type, id });

/** An ordered map in gnostic's form: a list of names with values. */
const named = (type: string) => ({ fields: { name: string(1), value: one(type, 2) } });

/**
 * The messages of gnostic's openapi.v2 package that these documents need, with the field numbers of its
 * OpenAPIv2.proto. `ref` is `_ref` there; names are not on the wire.
 */
export const GNOSTIC_MESSAGES: INamespace = {
  nested: {
    Document: {
      fields: { swagger: string(1), info: one('Info', 2), paths: one('Paths', 8), definitions: one('Definitions', 9) },
    },
    Info: { fields: { title: string(1), version: string(2) } },
    Paths: { fields: { path: many('NamedPathItem', 2) } },
    NamedPathItem: named('PathItem'),
    PathItem: {
      fields: {
        get: one('Operation', 2),
        put: one('Operation', 3),
        post: one('Operation', 4),
        delete: one('Operation', 5),
        patch: one('Operation', 8),
        parameters: many('ParametersItem', 9),
      },
    },
    Operation: {
      fields: {
        tags: strings(1),
        description: string(3),
        operationId: string(5),
        produces: strings(6),
        consumes: strings(7),
        parameters: many('ParametersItem', 8),
        responses: one('Responses', 9),
        schemes: strings(10),
        vendorExtension: many('NamedAny', 13),
      },
    },
    ParametersItem: { fields: { parameter: one('Parameter', 1) } },
    Parameter: { fields: { bodyParameter: one('BodyParameter', 1), nonBodyParameter: one('NonBodyParameter', 2) } },
    BodyParameter: {
      fields: {
        description: string(1),
        name: string(2),
        in: string(3),
        required: bool(4),
        schema: one('Schema', 5),
      },
    },
    NonBodyParameter: {
      fields: {
        queryParameterSubSchema: one('QueryParameter', 3),
        pathParameterSubSchema: one('PathParameter', 4),
      },
    },
    QueryParameter: {
      fields: {
        required: bool(1),
        in: string(2),
        description: string(3),
        name: string(4),
        type: string(6),
        uniqueItems: bool(20),
      },
    },
    PathParameter: {
      fields: {
        required: bool(1),
        in: string(2),
        description: string(3),
        name: string(4),
        type: string(5),
        uniqueItems: bool(19),
      },
    },
    Responses: { fields: { responseCode: many('NamedResponseValue', 1) } },
    NamedResponseValue: named('ResponseValue'),
    ResponseValue: { fields: { response: one('Response', 1) } },
    Response: { fields: { description: string(1), schema: one('SchemaItem', 2) } },
    SchemaItem: { fields: { schema: one('Schema', 1) } },
    Definitions: { fields: { additionalProperties: many('NamedSchema', 1) } },
    NamedSchema: named('Schema'),
    Schema: {
      fields: {
        ref: string(1),
        format: string(2),
        description: string(4),
        required: strings(19),
        additionalProperties: one('AdditionalPropertiesItem', 21),
        type: one('TypeItem', 22),
        items: one('ItemsItem', 23),
        properties: one('Properties', 25),
        vendorExtension: many('NamedAny', 31),
      },
    },
    AdditionalPropertiesItem: { fields: { schema: one('Schema', 1) } },
    TypeItem: { fields: { value: strings(1) } },
    ItemsItem: { fields: { schema: many('Schema', 1) } },
    Properties: { fields: { additionalProperties: many('NamedSchema', 1) } },
    NamedAny: named('Any'),
    Any: { fields: { yaml: string(2) } },
  },
};
