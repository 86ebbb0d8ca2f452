import { describe, expect, it } from 'vitest';
import { addJsonPatch, Budget, baseEnvironment, compileWithMessages, fromCel, typeFaults } from './index.js';

const environment = baseEnvironment().registerVariable('object', 'dyn');
addJsonPatch(environment);

const evaluate = (expression: string, returns = 'Object'): unknown =>
  compileWithMessages(environment, expression, [returns]).evaluate(
    { object: { metadata: { name: 'a/b~c' }, replicas: 3n } },
    new Budget(10_000),
  );

const made: [string, unknown][] = [
  ['Object{}', {}],
  ['Object{spec: Object.spec{replicas: 3, paused: true}}', { spec: { replicas: 3, paused: true } }],
  [
    'Object{\n  // a comment with { and "\n  metadata: Object.metadata{\n    labels: {"a{": "b", \'c,\': "}"},\n  },\n}',
    { metadata: { labels: { 'a{': 'b', 'c,': '}' } } },
  ],
  [
    'Object{spec: Object.spec{list: [1, 2].map(n, Object.spec.list{n: n + 1})}}',
    { spec: { list: [{ n: 2 }, { n: 3 }] } },
  ],
  ['object.replicas > 2 ? Object{a: object.replicas} : Object{}', { a: 3 }],
  ['Object{?a: object.?none, ?b: object.?replicas, c: null}', { b: 3, c: null }],
  [
    'Object{metadata: Object.metadata{namespace: "n", name: object.metadata.name}}',
    { metadata: { namespace: 'n', name: 'a/b~c' } },
  ],
  ['Object{a: r"\\{", b: """x"}""", c: "\\"}"}', { a: '\\{', b: 'x"}', c: '"}' }],
];

describe('messages', () => {
  it('nest as deep as objects do', () => {
    const depth = 20;
    let expression = 'Object.a{}';
    const types = Array.from({ length: depth }, (_, at) => `Object${'.a'.repeat(at)}`);
    expression = types.reduceRight((inner, type) => `${type}{a: [${inner}]}`, expression);
    expect(JSON.stringify(fromCel(evaluate(expression))).split('"a"')).toHaveLength(depth + 1);
  });

  it.each(made)('%s', (expression, json) => {
    expect(fromCel(evaluate(expression))).toEqual(json);
  });

  it('are operations of JSON patches', () => {
    const expression =
      '[JSONPatch{op: "test", path: "/a", value: 1}, JSONPatch{op: "add", path: "/b/" + jsonpatch.escapeKey(object.metadata.name), value: Object.b{c: [true]}}]';
    expect(fromCel(evaluate(expression, 'list<JSONPatch>'))).toEqual([
      { op: 'test', path: '/a', value: 1 },
      { op: 'add', path: '/b/a~1b~0c', value: { c: [true] } },
    ]);
    expect(evaluate('[]', 'list<JSONPatch>')).toEqual([]);
    expect(evaluate('object.replicas > 9 ? [JSONPatch{op: "remove", path: "/a"}] : []', 'list<JSONPatch>')).toEqual([]);
  });

  const refused: [string, string, string][] = [
    ['Object.spec{a: 1}', 'Object', 'must evaluate to Object'],
    ['{"a": 1}', 'Object', 'must evaluate to Object'],
    ['Object{}', 'list<JSONPatch>', 'must evaluate to list(JSONPatch)'],
    ['[Object{}]', 'list<JSONPatch>', 'must evaluate to list(JSONPatch)'],
    ['Foo{a: 1}', 'Object', "<input>:1:4: undeclared reference to 'Foo' (in container '')"],
    ['[JSONPatch{op: 1}]', 'list<JSONPatch>', "expected type of field 'op' is 'string' but provided type is 'int'"],
    ['[JSONPatch{of: "a"}]', 'list<JSONPatch>', "<input>:1:14: undefined field 'of'"],
    ['Object{a: Object.a{b: missing}}', 'Object', "<input>:1:23: undeclared reference to 'missing'"],
    ['Object{a: 1', 'Object', 'Syntax error'],
    ['Object{1: 2}', 'Object', 'Syntax error'],
    ['Object', 'Object', "undeclared reference to 'Object'"],
  ];
  it.each(refused)('refuse %s for %s', (expression, returns, message) => {
    expect(() => evaluate(expression, returns)).toThrow(message);
  });

  it('have types with the names of their fields', () => {
    expect(typeFaults(evaluate('Object{spec: Object.spec{a: [Object.spec.a{}]}}'), 'Object')).toEqual([]);
    expect(typeFaults(evaluate('Object{spec: Object.spec{a: [Object.spec.b{}]}}'), 'Object')).toEqual([
      'unexpected type name "Object.spec.b", expected "Object.spec.a", which matches field name path from root Object type',
    ]);
  });

  it('are paid for', () => {
    const expression = 'Object{a: [1,2,3,4,5,6,7,8,9].map(a, [1,2,3,4,5,6,7,8,9].map(b, Object.a{c: a * b}))}';
    const program = compileWithMessages(environment, expression, ['Object']);
    expect(() => program.evaluate({ object: null }, new Budget(100))).toThrow('actual cost limit exceeded');
  });
});
