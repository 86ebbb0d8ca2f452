import { fieldErrorMessage } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import type { Schema } from './schema.js';
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
      { type: 'object', properties: { x: { type: 'string' } }, not: { properties: { x: { pattern: '(' } } } },
      [expect.stringMatching(/^f\.not\.properties\[x\]\.pattern: Invalid value: "\(": must be a valid regular/)],
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
    const faults = schemaFaults({ type: 'object', properties: { f: schema as Schema } }, 'root').map(fieldErrorMessage);
    expect(faults.map((text) => text.replace('root.properties[f]', 'f'))).toEqual(expected);
  });

  const string = { type: 'string' };
  const of = (member: object): object => ({ type: 'object', properties: { f: member } });
  const rule = (text: string, more: object = {}) => ({ 'x-kubernetes-validations': [{ rule: text, ...more }] });
  it.each<[string, object, unknown[]]>([
    ['no type at the root', {}, ['r.type: Required value: must not be empty at the root']],
    ['another type at the root', string, ['r.type: Invalid value: "string": must be object at the root']],
    [
      'members without a type',
      { type: 'object', properties: { a: {}, b: { type: 'array', items: {} }, c: { type: 'array' } } },
      [
        'r.properties[a].type: Required value: must not be empty for specified object fields',
        'r.properties[b].items.type: Required value: must not be empty for specified array items',
        'r.properties[c].items: Required value: must be specified',
      ],
    ],
    [
      'any members of the root',
      { type: 'object', additionalProperties: string },
      ['r.additionalProperties: Forbidden: must not be used at the root'],
    ],
    [
      'forms within alternatives',
      of({
        type: 'object',
        properties: { a: string },
        anyOf: [{ properties: { a: { type: 'string', default: 'x', nullable: true, description: 'd' } } }],
      }),
      [
        'default: Forbidden: must be undefined',
        'description: Forbidden: must be empty',
        'nullable: Forbidden: must be false',
        'type: Forbidden: must be empty',
      ].map((text) => `r.properties[f].anyOf[0].properties[a].${text} to be structural`),
    ],
    [
      'what only alternatives say',
      of({ type: 'object', allOf: [{ properties: { a: { minLength: 1 } } }] }),
      [
        'r.properties[f].properties[a]: Required value: because it is defined in r.properties[f].allOf[0].properties[a]',
      ],
    ],
    [
      'the two forms of an int or a string',
      of({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }),
      [],
    ],
    [
      'embedded objects without fields',
      of({ type: 'object', 'x-kubernetes-embedded-resource': true }),
      [
        'r.properties[f].properties: Required value: must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ],
    ],
    [
      'metadata',
      { type: 'object', properties: { metadata: { type: 'object', properties: { labels: { type: 'object' } } } } },
      [
        'r.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified',
      ],
    ],
    [
      'words that are not supported',
      { ...of({ ...string, $ref: '#/x', id: 'y' }), definitions: {} },
      [
        'r.definitions: Forbidden: definitions is not supported',
        'r.properties[f].id: Forbidden: id is not supported',
        'r.properties[f].$ref: Forbidden: $ref is not supported',
      ],
    ],
    [
      'lists of schemas for items',
      of({ type: 'array', items: [string] }),
      ['r.properties[f].items: Forbidden: items must be a schema object and not an array'],
    ],
    [
      'an unknown type',
      of({ type: 'text' }),
      [
        'r.properties[f].type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"',
      ],
    ],
    [
      'defaults that are wrong',
      of({ type: 'object', properties: { n: { type: 'integer', maximum: 5, default: 7 } }, default: { x: 1 } }),
      [
        'r.properties[f].default: Invalid value: {"x":1}: must not have unknown fields',
        'r.properties[f].properties[n].default: Invalid value: 7:  in body should be less than or equal to 5',
      ],
    ],
    [
      'a default at the top',
      { type: 'object', properties: { kind: { ...string, default: 'x' } } },
      ['r.properties[kind].default: Forbidden: must not be set in top-level kind'],
    ],
    [
      'items of sets that are not atomic',
      of({ type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } }),
      [
        'r.properties[f].items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
      ],
    ],
    [
      'texts of rules',
      { ...of({ ...string, ...rule('self\n!= ""') }), ...rule(' ') },
      [
        'r.properties[f].x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks',
        'r.x-kubernetes-validations[0].rule: Required value: rule is not specified',
      ],
    ],
    [
      'paths of rules',
      { ...of(string), ...rule('true', { fieldPath: '.g', reason: 'x' }) },
      [
        'r.x-kubernetes-validations[0].reason: Unsupported value: "x": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
        'r.x-kubernetes-validations[0].fieldPath: Invalid value: ".g": must be a valid path',
      ],
    ],
    [
      'types of rules',
      of({ ...string, ...rule('self + "a"') }),
      [expect.stringContaining('cel expression must evaluate to a bool')],
    ],
    [
      'transitions of items without keys',
      of({ type: 'array', maxItems: 5, items: { ...string, maxLength: 5, ...rule('self == oldSelf') } }),
      [
        'r.properties[f].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within r.properties[f]',
      ],
    ],
    [
      'an optional old value that no rule reads',
      of({ ...string, ...rule('self != "x"', { optionalOldSelf: true }) }),
      [
        'r.properties[f].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
      ],
    ],
    [
      'rules on values of no type',
      of({ 'x-kubernetes-preserve-unknown-fields': true, ...rule('self == 1') }),
      [
        'r.properties[f].x-kubernetes-validations: Internal error: internal error: failed to retrieve type information for x-kubernetes-validations',
      ],
    ],
    ['an optional old value', of({ ...string, ...rule('oldSelf.orValue("") == self', { optionalOldSelf: true }) }), []],
    [
      'what costs too much',
      of({
        type: 'array',
        items: { ...string, ...rule('self.contains("x")') },
        ...rule('self.all(x, self.all(y, x == y))'),
      }),
      [
        expect.stringMatching(/^r\.properties\[f\]\.items.*estimated rule cost exceeds budget by factor of/),
        expect.stringMatching(
          /^r\.properties\[f\]\.x-kubernetes-validations\[0\]\.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x \(try simplifying the rule, or adding maxItems/,
        ),
        expect.stringContaining(
          'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
        ),
        expect.stringContaining(
          'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
        ),
        expect.stringMatching(
          /^r: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of more than 100x/,
        ),
      ],
    ],
    [
      'what has bounds',
      of({
        type: 'array',
        maxItems: 20,
        items: { ...string, maxLength: 20 },
        ...rule('self.all(x, self.exists_one(y, x == y))'),
      }),
      [],
    ],
    [
      'a default that breaks a rule',
      of({ ...string, default: 'b', ...rule('self == "a"', { message: 'is a' }) }),
      ['r.properties[f].default: Invalid value: "b": is a'],
    ],
    [
      'the syntax of rules, and fields that are not there',
      {
        type: 'object',
        properties: { f: { ...string, ...rule('self = 42') }, g: { ...of(string), ...rule('self.z == 100') } },
      },
      [expect.stringContaining('Syntax error'), expect.stringContaining("undefined field 'z'")],
    ],
    ['no object that must stay', of({ type: 'object', properties: { a: string }, ...rule('self == oldSelf') }), []],
  ])('refuses %s', (_what, schema, expected) => {
    expect(schemaFaults(schema as Schema, 'r').map(fieldErrorMessage)).toEqual(expected);
  });

  it('ends with definitions beyond its bounds', () => {
    let deep: object = string;
    for (let at = 0; at < 200; at += 1) deep = of(deep);
    const many = Array.from({ length: 2000 }, () => ({ rule: 'self.f == "x"' }));
    const begin = performance.now();
    expect(schemaFaults(deep as Schema, 'r').map(fieldErrorMessage)).toEqual([
      'r: Invalid value: "": must have at most 100 levels',
    ]);
    expect(
      schemaFaults({ ...of(string), 'x-kubernetes-validations': many } as Schema, 'r').map(fieldErrorMessage),
    ).toEqual(['r.x-kubernetes-validations: Too many: 2000: must have at most 1000 items']);
    expect(performance.now() - begin).toBeLessThan(1000);
  });
});
