import { postedKinds, resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { encodeOpenApiV2, openApiV2 } from './index.js';
import { gnosticDocumentType } from './v2-protobuf.js';

interface Named<Value> {
  name: string;
  value: Value;
}

interface DecodedSchema {
  ref?: string;
  description?: string;
  type?: { value: string[] };
  items?: { schema: DecodedSchema[] };
  properties?: { additionalProperties: Named<DecodedSchema>[] };
  additionalProperties?: { schema: DecodedSchema };
  required?: string[];
  format?: string;
  vendorExtension?: Named<{ yaml: string }>[];
}

interface DecodedDocument {
  swagger: string;
  info: { title: string; version: string };
  paths: { path: Named<Record<string, unknown>>[] };
  definitions: { additionalProperties: Named<DecodedSchema>[] };
}

/** Writes a decoded schema as the JSON document has it. */
function toJson(schema: DecodedSchema): Record<string, unknown> {
  const { ref, type, items, properties, additionalProperties, vendorExtension = [], ...same } = schema;
  return {
    ...same,
    ...(ref && { $ref: ref }),
    ...(type && { type: type.value[0] }),
    ...(items?.schema[0] && { items: toJson(items.schema[0]) }),
    ...(properties && {
      properties: Object.fromEntries(properties.additionalProperties.map(({ name, value }) => [name, toJson(value)])),
    }),
    ...(additionalProperties && { additionalProperties: toJson(additionalProperties.schema) }),
    ...Object.fromEntries(vendorExtension.map(({ name, value }) => [name, JSON.parse(value.yaml)])),
  };
}

describe('encodeOpenApiV2', () => {
  const texts = { 'io.k8s.api.core.v1.Pod': { description: 'A pod – with “signs”.', fields: { spec: 'Wanted.' } } };
  const document = openApiV2(resources, texts, postedKinds);
  const type = gnosticDocumentType();
  const decoded = type.toObject(type.decode(encodeOpenApiV2(document))) as DecodedDocument;

  it('keeps every definition as it is', () => {
    const definitions = decoded.definitions.additionalProperties.map(({ name, value }) => [name, toJson(value)]);
    expect(Object.fromEntries(definitions)).toEqual(document.definitions);
  });

  it('keeps the paths and what kubectl reads of them', () => {
    expect(decoded).toMatchObject({ swagger: '2.0', info: document.info });
    expect(decoded.paths.path.map(({ name }) => name)).toEqual(Object.keys(document.paths));
    const daemonSet = decoded.paths.path.find(({ name }) => name.endsWith('/daemonsets/{name}'))?.value;
    expect(daemonSet?.patch).toMatchObject({
      operationId: 'patchAppsV1NamespacedDaemonSet',
      responses: { responseCode: [{ name: '200', value: { response: { schema: { schema: {} } } } }, { name: '401' }] },
      vendorExtension: [
        { name: 'x-kubernetes-action', value: { yaml: '"patch"' } },
        { name: 'x-kubernetes-group-version-kind' },
      ],
    });
    expect(JSON.stringify(daemonSet)).toContain('"pathParameterSubSchema":{"required":true,"in":"path"');
    expect(JSON.stringify(daemonSet)).toContain('"bodyParameter":{"name":"body","in":"body","required":true');
  });

  it('writes the numbers that gnostic reads', () => {
    const small = encodeOpenApiV2({
      swagger: '2.0',
      info: { title: 't', version: 'v' },
      paths: {},
      definitions: { A: { $ref: '#/x' } },
    });
    // 1: "2.0"; 2: {1: "t", 2: "v"}; 8: {}; 9: {1: {1: "A", 2: {1: "#/x"}}}
    expect(Buffer.from(small).toString('hex')).toBe(
      ['0a03322e30', '12060a0174120176', '4200', '4a0c', '0a0a', '0a0141', '1205', '0a03232f78'].join(''),
    );
  });
});
