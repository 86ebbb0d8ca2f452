import { fieldErrorMessage } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { schemaFaults } from './schema-faults.js';

const items = { type: 'object', required: ['a'], properties: { a: { type: 'string' }, b: { type: 'object' } } };
const list = (keys: string[], more: object = {}) => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
  items: { ...items, ...more },
});

describe('schemaFaults', () => {
  it.each<[string, object, string[]]>([
    ['a list with keys', list(['a']), []],
    [
      'patterns of alternatives that cannot be read',
      { type: 'string', anyOf: [{ pattern: 'a' }, { not: { properties: { x: { pattern: '(' } } } }] },
      [
        expect.stringMatching(
          /^f\.anyOf\[1\]\.not\.properties\[x\]\.pattern: Invalid value: "\(": must be a valid regular/,
        ),
      ],
    ],
    [
      'keys that items may lack',
      list(['a'], { required: [] }),
      [
        'f.items.properties[a].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      ],
    ],
    [
      'no keys',
      list([]),
      ['f.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map'],
    ],
    [
      'keys that are no properties',
      list(['a', 'c']),
      ['f.x-kubernetes-list-map-keys: Invalid value: ["a","c"]: entries must all be names of item properties'],
    ],
    [
      'keys without a list type',
      { ...list(['a']), 'x-kubernetes-list-type': undefined },
      ['f.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty'],
    ],
    [
      'a list type of something else',
      { type: 'string', 'x-kubernetes-list-type': 'atomic' },
      ['f.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified'],
    ],
    [
      'an unknown map type',
      { type: 'object', 'x-kubernetes-map-type': 'x' },
      ['f.x-kubernetes-map-type: Unsupported value: "x": supported values: "atomic", "granular"'],
    ],
    [
      'a closed object that says it is open',
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': false },
      ['f.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined'],
    ],
    [
      'a pattern that cannot be read',
      { type: 'string', pattern: 'a(' },
      [expect.stringContaining('f.pattern: Invalid value: "a(": must be a valid regular expression, but isn\'t:')],
    ],
    ['a pattern that backtracking would take for ever', { type: 'string', pattern: '^(a+)+$' }, []],
  ])('%s', (_what, schema, expected) => {
    expect(schemaFaults(schema, 'f', 'field').map(fieldErrorMessage)).toEqual(expected);
  });
});
