import { decodeObject, lookupType, postedKinds, resources, typeOfKind, type ValueFacts } from '@everynode/objects';
import { anyObject } from '@everynode/objects/testing';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './codec.js';
import { messageFacts, messageOfSchema } from './message-facts.js';
import { SPECIAL_MESSAGES, TEXT_LISTS } from './special-messages.js';

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** Schemas hold schemas without end: definitions of custom resources have a test of their own (codec.test.ts). */
const DEFINITIONS = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';

/** Everything that crosses the wire: objects, what is posted, and the bodies of subresources. */
const TYPES = [
  ...new Set([
    ...resources.map(({ schema }) => schema).filter((schema) => schema !== DEFINITIONS),
    ...postedKinds.flatMap(({ schema }) => (schema === undefined ? [] : [schema])),
    ...resources.flatMap(({ subresources }) =>
      subresources.flatMap(({ kind, isStream }) =>
        kind && !isStream ? [typeOfKind(kind.group, kind.version, kind.kind) ?? ''] : [],
      ),
    ),
    `${META}.DeleteOptions`,
    `${META}.Status`,
  ]),
];

const messageOf = (schema: string): string => {
  const message = messageOfSchema(schema);
  if (message === undefined) throw new Error(`${schema} has no message`);
  return message;
};

const typeNameOf = ({ ref, arrayOf, mapOf }: ValueFacts): string | undefined => {
  const inner = arrayOf ?? mapOf;
  return inner ? typeNameOf(inner) : ref;
};

/** Members of a message in JSON: those of embedded structs stand among its own. */
function membersOf(message: string): string[] {
  return messageFacts(message).fields.flatMap(({ embedded, member, type }) =>
    embedded && 'message' in type ? membersOf(type.message) : [member],
  );
}

function* reached(types: readonly string[]): Generator<string> {
  const seen = new Set<string>();
  const queue = [...types];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const { fields } = lookupType(name) ?? {};
    if (!fields) continue;
    yield name;
    for (const field of Object.values(fields)) queue.push(typeNameOf(field) ?? name);
  }
}

/** As Go's encoder leaves out what is empty. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null && !(Array.isArray(inner) && !inner.length));
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutEmpty(inner)]));
}

describe('messages', () => {
  it('have the members of their types, each of them', () => {
    for (const type of reached(TYPES)) {
      const message = messageOf(type);
      if (SPECIAL_MESSAGES.has(message) || TEXT_LISTS.has(message)) continue;
      const fields = Object.keys(lookupType(type)?.fields ?? {});
      const typeMeta = new Set(['apiVersion', 'kind']);
      const isKind = fields.includes('metadata') || lookupType(type)?.gvk !== undefined;
      const expected = isKind ? fields.filter((name) => !typeMeta.has(name)) : fields;
      const found = isKind ? membersOf(message).filter((name) => !typeMeta.has(name)) : membersOf(message);
      expect([type, found.toSorted()]).toEqual([type, expected.toSorted()]);
    }
  });

  it.each(TYPES)('%s: JSON to protobuf and back is the same', (schema) => {
    const message = messageOf(schema);
    const { kind = '', version = '', group = '' } = lookupType(schema)?.gvk?.[0] ?? {};
    const target = { schema, kind, version, group };
    fc.assert(
      fc.property(anyObject(schema), (sent) => {
        const { object } = decodeObject({ value: sent }, target);
        const back = decodeMessage(message, encodeMessage(message, object)) as object;
        const { object: again } = decodeObject({ value: back }, target);
        expect(withoutEmpty(again)).toEqual(withoutEmpty(object));
      }),
      propertyRuns(60),
    );
  });
});
