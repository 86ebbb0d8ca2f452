import { ApiError, type CustomResourceDefinition, canonicalValue, DecodeError, type Stored } from '@everynode/objects';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { customResources } from './definition.js';
import { definitionFaults } from './definition-faults.js';

const JSON_SCHEMA = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps';
type Spec = CustomResourceDefinition['spec'];

/** Words of schemas, with values of their own and with those of others. */
const { schema } = fc.letrec<{ schema: object }>((tie) => {
  const text = fc.constantFrom(
    '',
    'object',
    'array',
    'string',
    'integer',
    'map',
    'set',
    'atomic',
    '(',
    '^a+$',
    'date',
    'x',
  );
  const rules = [
    'self.a == oldSelf.a',
    'self.all(x, self.all(y, x == y))',
    '007 == 7',
    "self['a'] + ''",
    '((((',
    'has(self.a) && self.a.matches("(")',
  ];
  const rule = fc.record(
    {
      rule: fc.oneof(fc.constantFrom(...rules), fc.string()),
      message: fc.string(),
      messageExpression: fc.constantFrom('"a" + self', '1', '"\n"'),
      fieldPath: fc.oneof(fc.constantFrom('.a', ".a['b']", '[', ".['"), fc.string()),
      optionalOldSelf: fc.boolean(),
      reason: fc.constantFrom('FieldValueRequired', 'x'),
    },
    { requiredKeys: ['rule'] },
  );
  const name = fc.constantFrom('a', 'b', 'metadata', 'kind', '__proto__', 'constructor', 'a.b/c');
  const inner = tie('schema');
  const words = {
    type: text,
    format: text,
    pattern: fc.oneof(text, fc.string()),
    nullable: fc.boolean(),
    default: fc.jsonValue(),
    enum: fc.array(fc.jsonValue(), { maxLength: 2 }),
    properties: fc.dictionary(name, inner, { maxKeys: 3 }),
    additionalProperties: fc.oneof(inner, fc.boolean()),
    items: fc.oneof(inner, fc.array(inner, { maxLength: 2 }), fc.jsonValue()),
    required: fc.array(name, { maxLength: 2 }),
    maxLength: fc.integer(),
    maxItems: fc.integer(),
    multipleOf: fc.double(),
    allOf: fc.array(inner, { maxLength: 2 }),
    not: inner,
    $ref: text,
    'x-kubernetes-list-type': text,
    'x-kubernetes-list-map-keys': fc.array(name, { maxLength: 2 }),
    'x-kubernetes-preserve-unknown-fields': fc.boolean(),
    'x-kubernetes-embedded-resource': fc.boolean(),
    'x-kubernetes-int-or-string': fc.boolean(),
    'x-kubernetes-validations': fc.array(rule, { maxLength: 2 }),
  };
  const leaves = { type: words.type, format: text, default: fc.jsonValue(), nullable: fc.boolean() };
  const leaf = fc.record(leaves, { requiredKeys: [] });
  return { schema: fc.oneof({ maxDepth: 3 }, leaf, fc.record(words, { requiredKeys: ['type'] })) };
});

const path = fc.oneof(
  fc.constantFrom(
    '.spec.a',
    ".spec['a']",
    '.a[?(@.x==007)]',
    '.a[?(@.x=="y")].z',
    '[',
    '.a..b',
    '.spec.conditions[*].b',
  ),
  fc.string(),
);

const version = (openAPIV3Schema: object) =>
  fc.record({
    name: fc.constant('v1'),
    served: fc.constant(true),
    storage: fc.constant(true),
    schema: fc.constant({ openAPIV3Schema }),
    subresources: fc.record({
      status: fc.constant({}),
      scale: fc.record({ specReplicasPath: path, statusReplicasPath: path }),
    }),
    additionalPrinterColumns: fc.array(
      fc.record({ name: fc.string(), type: fc.constantFrom('date', 'integer'), jsonPath: path }),
      {
        maxLength: 2,
      },
    ),
    selectableFields: fc.array(fc.record({ jsonPath: path }), { maxLength: 2 }),
  });

/** Reads a schema as the api does; undefined for one that is refused there. */
function decoded(value: object): object | undefined {
  try {
    return canonicalValue(JSON_SCHEMA, value) as object;
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

describe('any definition', () => {
  it('has faults that clients can read, or serves objects', () => {
    const input = schema.chain((one) => version(one)).chain((one) => fc.tuple(fc.constant(one), fc.jsonValue()));
    fc.assert(
      fc.property(input, ([{ schema: sent, ...rest }, value]) => {
        const openAPIV3Schema = decoded(sent.openAPIV3Schema);
        if (!openAPIV3Schema) return;
        const spec: Spec = {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'things', kind: 'Thing' },
          versions: [{ ...rest, schema: { openAPIV3Schema: openAPIV3Schema as Record<string, unknown> } }],
        };
        const begin = performance.now();
        const faults = definitionFaults(spec);
        expect(performance.now() - begin).toBeLessThan(2000);
        if (faults.length > 0) return;
        const metadata = { name: 'things.example.com', uid: 'u', creationTimestamp: '', resourceVersion: '' };
        const [served] = customResources({ metadata, spec } as Stored<CustomResourceDefinition>);
        const object = { apiVersion: 'example.com/v1', kind: 'Thing', metadata, spec: value, a: value };
        try {
          const shown = served?.definition.convert?.fromStored(object) ?? object;
          served?.definition.validate(shown);
          served?.definition.table.row(shown, 0);
          for (const field of Object.values(served?.definition.fields ?? {})) field(shown);
        } catch (error) {
          if (!(error instanceof ApiError)) throw error;
        }
      }),
      propertyRuns(300),
    );
  });
});
