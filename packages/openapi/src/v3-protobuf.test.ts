import { postedKinds, resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { encodeOpenApiV3, openApiV3 } from './index.js';
import type { JsonSchema } from './schemas.js';
import { gnosticV3DocumentType } from './v3-protobuf.js';

interface Named<Value> {
  name: string;
  value: Value;
}

type Choice = { schema?: DecodedSchema; reference?: { ref: string } };

interface DecodedSchema {
  allOf?: Choice[];
  oneOf?: Choice[];
  items?: { schemaOrReference: Choice[] };
  properties?: { additionalProperties?: Named<Choice>[] };
  additionalProperties?: { schemaOrReference: Choice };
  default?: Record<string, unknown>;
  specificationExtension?: Named<{ yaml: string }>[];
}

function toJson(choice: Choice | undefined): JsonSchema {
  if (choice?.reference) return { $ref: choice.reference.ref };
  const { items, properties, additionalProperties, specificationExtension = [], ...schema } = choice?.schema ?? {};
  const { allOf, oneOf, default: byDefault, ...same } = schema;
  return {
    ...same,
    ...(allOf && { allOf: allOf.map(toJson) }),
    ...(oneOf && { oneOf: oneOf.map(toJson) }),
    ...(items && { items: toJson(items.schemaOrReference[0]) }),
    ...(properties && {
      properties: Object.fromEntries(
        (properties.additionalProperties ?? []).map(({ name, value }) => [name, toJson(value)]),
      ),
    }),
    ...(additionalProperties && { additionalProperties: toJson(additionalProperties.schemaOrReference) }),
    ...(byDefault && { default: Object.values(byDefault)[0] }),
    ...Object.fromEntries(specificationExtension.map(({ name, value }) => [name, JSON.parse(value.yaml)])),
  };
}

/** A schema without the defaults that gnostic has no words for. */
function withoutObjectDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutObjectDefaults);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => key !== 'default' || JSON.stringify(inner) !== '{}');
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutObjectDefaults(inner)]));
}

describe('encodeOpenApiV3', () => {
  const core = resources.filter(({ group }) => group === '');
  const texts = { 'io.k8s.api.core.v1.Pod': { description: 'A pod – with “signs”.', fields: { spec: 'Wanted.' } } };
  const document = openApiV3(core, texts, postedKinds);
  const type = gnosticV3DocumentType();
  const decoded = type.toObject(type.decode(encodeOpenApiV3(document)));

  it('keeps every schema', () => {
    const schemas = decoded.components.schemas.additionalProperties as Named<Choice>[];
    const asJson = Object.fromEntries(schemas.map(({ name, value }) => [name, toJson(value)]));
    expect(asJson).toEqual(withoutObjectDefaults(document.components.schemas));
  });

  it('keeps paths, parameters and what each request is about', () => {
    expect(decoded).toMatchObject({ openapi: '3.0.0', info: document.info });
    const paths = decoded.paths.path as Named<Record<string, unknown>>[];
    expect(paths.map(({ name }) => name)).toEqual(Object.keys(document.paths));
    const pod = paths.find(({ name }) => name.endsWith('/pods/{name}'))?.value;
    expect(pod?.patch).toMatchObject({
      specificationExtension: [
        { name: 'x-kubernetes-action', value: { yaml: '"patch"' } },
        { name: 'x-kubernetes-group-version-kind', value: { yaml: '{"group":"","version":"v1","kind":"Pod"}' } },
      ],
    });
    expect(pod?.parameters).toContainEqual({
      parameter: expect.objectContaining({ name: 'name', in: 'path', required: true }),
    });
  });
});
