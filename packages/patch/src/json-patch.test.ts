import fc from 'fast-check';
import { createPatch } from 'rfc6902';
import { describe, expect, it } from 'vitest';
import { deepFreeze, expectRefusal } from '../fixtures/expect-refusal.js';
import { applyJsonPatch, MAX_JSON_PATCH_OPERATIONS } from './json-patch.js';

/** The sample below, as tests change it into what they expect. */
interface Draft {
  metadata: { name: string; labels?: Record<string, string> };
  spec: { list: string[]; empty: string[]; map: object; nothing?: null };
}

const object: Draft = deepFreeze({
  metadata: { name: 'agent', labels: { app: 'agent', 'example.com/tier': 'node', 'a~b': 'tilde' } },
  spec: { list: ['a', 'b', 'c'], empty: [], map: {}, nothing: null },
});

describe('applyJsonPatch', () => {
  it.each([
    ['adds a member', [{ op: 'add', path: '/metadata/x', value: 1 }], (o) => Object.assign(o.metadata, { x: 1 })],
    ['add replaces what is there', [{ op: 'add', path: '/metadata/name', value: 'y' }], (o) => (o.metadata.name = 'y')],
    [
      'inserts before an index',
      [{ op: 'add', path: '/spec/list/1', value: 'x' }],
      (o) => o.spec.list.splice(1, 0, 'x'),
    ],
    ['appends at the length', [{ op: 'add', path: '/spec/list/3', value: 'x' }], (o) => o.spec.list.push('x')],
    ['appends at -', [{ op: 'add', path: '/spec/list/-', value: 'x' }], (o) => o.spec.list.push('x')],
    ['removes a member', [{ op: 'remove', path: '/metadata/labels' }], (o) => delete o.metadata.labels],
    ['removes a null member', [{ op: 'remove', path: '/spec/nothing' }], (o) => delete o.spec.nothing],
    ['replaces what is absent', [{ op: 'replace', path: '/spec/x', value: 1 }], (o) => Object.assign(o.spec, { x: 1 })],
    ['counts from the end below zero', [{ op: 'remove', path: '/spec/list/-1' }], (o) => o.spec.list.pop()],
    ['adds behind the last at -1', [{ op: 'add', path: '/spec/list/-1', value: 'x' }], (o) => o.spec.list.push('x')],
    ['removes an item', [{ op: 'remove', path: '/spec/list/0' }], (o) => o.spec.list.shift()],
    ['replaces an item', [{ op: 'replace', path: '/spec/list/2', value: 'z' }], (o) => (o.spec.list[2] = 'z')],
    [
      'reads ~1 as a slash',
      [{ op: 'replace', path: '/metadata/labels/example.com~1tier', value: 'z' }],
      (o) => Object.assign(o.metadata.labels ?? {}, { 'example.com/tier': 'z' }),
    ],
    [
      'reads ~0 as a tilde',
      [{ op: 'remove', path: '/metadata/labels/a~0b' }],
      (o) => delete o.metadata.labels?.['a~b'],
    ],
    ['copies', [{ op: 'copy', from: '/spec/list', path: '/spec/map/l' }], (o) => (o.spec.map = { l: ['a', 'b', 'c'] })],
    [
      'moves within a list',
      [{ op: 'move', from: '/spec/list/0', path: '/spec/list/2' }],
      (o) => (o.spec.list = ['b', 'c', 'a']),
    ],
    ['moves to itself', [{ op: 'move', from: '/spec/list/1', path: '/spec/list/1' }], () => undefined],
    ['passes a test', [{ op: 'test', path: '/spec/list', value: ['a', 'b', 'c'] }], () => undefined],
    [
      'tests a map in any order of keys',
      [{ op: 'test', path: '/spec', value: { map: {}, empty: [], nothing: null, list: ['a', 'b', 'c'] } }],
      () => undefined,
    ],
    ['takes an absent member for null in a test', [{ op: 'test', path: '/spec/absent', value: null }], () => undefined],
    ['replaces the whole document', [{ op: 'replace', path: '', value: { a: 1 } }], () => ({ a: 1 })],
    ['does nothing for no operations', [], () => undefined],
  ] satisfies [string, object[], (draft: Draft) => unknown][])('%s', (_title, operations, change) => {
    const expected = structuredClone(object);
    const returned = change(expected);
    const whole = operations.some((operation) => (operation as { path: string }).path === '');
    expect(applyJsonPatch(object, deepFreeze(operations))).toEqual(whole ? returned : expected);
  });

  it.each([
    ['a missing member', { op: 'remove', path: '/spec/absent' }],
    ['a missing parent', { op: 'add', path: '/absent/x', value: 1 }],
    ['an index past the end', { op: 'add', path: '/spec/list/4', value: 1 }],
    ['replacing at the length', { op: 'replace', path: '/spec/list/3', value: 1 }],
    ['an index before the first', { op: 'remove', path: '/spec/list/-4' }],
    ['removing at -', { op: 'remove', path: '/spec/list/-' }],
    ['replacing at -', { op: 'replace', path: '/spec/list/-', value: 1 }],
    ['an index with a leading zero', { op: 'remove', path: '/spec/list/01' }],
    ['an index that is no number', { op: 'copy', from: '/metadata/name', path: '/spec/list/x' }],
    ['the length of a list', { op: 'replace', path: '/spec/list/length', value: 0 }],
    ['a member of every object', { op: 'copy', from: '/metadata/toString', path: '/metadata/x' }],
    ['going into a string', { op: 'add', path: '/metadata/name/0', value: 'x' }],
    ['a move past the end of the shortened list', { op: 'move', from: '/spec/list/0', path: '/spec/list/3' }],
    ['a move into itself', { op: 'move', from: '/spec', path: '/spec/map/x' }],
    ['a copy of nothing', { op: 'copy', from: '/spec/absent', path: '/spec/x' }],
    ['a test that differs', { op: 'test', path: '/metadata/name', value: 'other' }],
    ['a test of another type', { op: 'test', path: '/spec/list', value: { 0: 'a', 1: 'b', 2: 'c' } }],
    ['a test of what is absent', { op: 'test', path: '/spec/absent', value: 1 }],
    ['removing the document', { op: 'remove', path: '' }],
    ['a document that is no map', { op: 'replace', path: '', value: [] }],
    ['no op', { path: '/a', value: 1 }],
    ['an unknown op', { op: 'merge', path: '/a', value: 1 }],
    ['an op of every object', { op: 'constructor', path: '/a', value: 1 }],
    ['no path', { op: 'remove' }],
    ['a path without a slash', { op: 'remove', path: 'metadata' }],
    ['a path with a bare tilde', { op: 'remove', path: '/a~b' }],
    ['add without a value', { op: 'add', path: '/a' }],
    ['replace without a value', { op: 'replace', path: '/metadata' }],
    ['test without a value', { op: 'test', path: '/metadata' }],
    ['copy without from', { op: 'copy', path: '/a' }],
    ['move with a bad from', { op: 'move', path: '/a', from: 'metadata' }],
  ])('fails with 422 on %s', (_title, operation) => {
    const refusal = expectRefusal(() => applyJsonPatch(object, [operation]), 'Invalid');
    expect(refusal.toStatus()).toMatchObject({
      code: 422,
      message: 'the server rejected our request due to an error in our request',
      details: {},
    });
  });

  it.each([
    ['a patch that is a map', { op: 'add', path: '/a', value: 1 }],
    ['a patch that is null', null],
    ['an operation that is a string', ['add']],
    ['a path that is a number', [{ op: 'remove', path: 1 }]],
  ])('refuses %s with 400', (_title, operations) => {
    expect(expectRefusal(() => applyJsonPatch(object, operations), 'BadRequest').code).toBe(400);
  });

  it('stops at the first failure and says which', () => {
    const operations = [
      { op: 'test', path: '/metadata/name', value: 'other' },
      { op: 'remove', path: '/absent' },
    ];
    expectRefusal(() => applyJsonPatch(object, operations), 'Invalid', /^test operation at "\/metadata\/name" failed/);
  });

  it('sees the effect of the operations before', () => {
    const operations = [
      { op: 'add', path: '/spec/map/a', value: [] },
      { op: 'add', path: '/spec/map/a/-', value: 1 },
      { op: 'test', path: '/spec/map', value: { a: [1] } },
      { op: 'remove', path: '/spec/map/a/0' },
    ];
    expect(applyJsonPatch(object, operations)).toMatchObject({ spec: { map: { a: [] } } });
  });

  it('adds copies, not the value of the patch', () => {
    const value: number[] = [];
    const patched = applyJsonPatch({}, [
      { op: 'add', path: '/a', value },
      { op: 'copy', from: '/a', path: '/b' },
      { op: 'add', path: '/b/-', value: 1 },
    ]);
    expect(patched).toEqual({ a: [], b: [1] });
    expect(value).toEqual([]);
  });

  it('takes as many operations as upstream and not one more', () => {
    const operations = Array.from({ length: MAX_JSON_PATCH_OPERATIONS }, () => ({ op: 'test', path: '/a', value: 1 }));
    expect(applyJsonPatch({ a: 1 }, operations)).toEqual({ a: 1 });
    const refusal = expectRefusal(
      () => applyJsonPatch({ a: 1 }, [...operations, { op: 'test', path: '/a', value: 1 }]),
      'RequestEntityTooLarge',
      /^Request entity too large: .*10000, got 10001$/,
    );
    expect(refusal.code).toBe(413);
  });

  it('stops copies that double a list without end', () => {
    const operations = Array.from({ length: 40 }, () => ({ op: 'copy', from: '/a', path: '/a/-' }));
    expectRefusal(() => applyJsonPatch({ a: ['x'.repeat(100)] }, operations), 'Invalid', /limit/);
  });

  it('stops copies that nest without end', () => {
    const nested = JSON.parse(`{"a":${'{"b":'.repeat(200)}1${'}'.repeat(200)}}`);
    const deepen = { op: 'copy', from: '/a', path: `/a${'/b'.repeat(200)}` };
    expectRefusal(() => applyJsonPatch(nested, [deepen, deepen, deepen]), 'BadRequest', /nesting/);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('treats %s as any other key, and pollutes nothing', (key) => {
    const patched = (operations: object[]) => JSON.stringify(applyJsonPatch({ a: {} }, operations));
    const add = { op: 'add', path: `/a/${key}`, value: { polluted: 1 } };
    expect(patched([add])).toBe(`{"a":{"${key}":{"polluted":1}}}`);
    expect(patched([add, { op: 'replace', path: `/a/${key}/polluted`, value: 2 }])).toBe(
      `{"a":{"${key}":{"polluted":2}}}`,
    );
    expect(patched([add, { op: 'move', from: `/a/${key}`, path: '/b' }])).toBe('{"a":{},"b":{"polluted":1}}');
    expect(
      patched([add, { op: 'test', path: `/a/${key}/polluted`, value: 1 }, { op: 'remove', path: `/a/${key}` }]),
    ).toBe('{"a":{}}');
    const below = { op: 'add', path: `/${key}/polluted`, value: {} };
    expectRefusal(() => applyJsonPatch(object, [below]), 'Invalid', /does not exist/);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  it('takes a value that holds __proto__', () => {
    const operations = JSON.parse('[{"op":"add","path":"/a","value":{"__proto__":{"polluted":1}}}]');
    expect(JSON.stringify(applyJsonPatch({}, operations))).toBe('{"a":{"__proto__":{"polluted":1}}}');
  });

  it('applies what the library computes as a difference', () => {
    const key = fc.constantFrom('a', 'b', 'c/d', 'e~f', '');
    const value = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(1, 2, 'x', true, null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(key, tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    const document = fc.dictionary(key, value);
    fc.assert(
      fc.property(document, document, (before, after) => {
        expect(applyJsonPatch(deepFreeze(before), createPatch(before, after))).toEqual(after);
      }),
    );
  });
});
