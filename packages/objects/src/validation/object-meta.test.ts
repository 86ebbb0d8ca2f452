import { describe, expect, it } from 'vitest';
import { fieldErrorMessage } from '../field-error.js';
import type { StoredMeta } from '../kube-object.js';
import { dnsSubdomainMessages, labelKeyMessages, portNameMessages } from './names.js';
import { finalizerDomainErrors, validateChangedMeta, validateMetaOfUpdate, validateObjectMeta } from './object-meta.js';

const GOOD = { name: 'a', namespace: 'default' };
const faults = (meta: Partial<StoredMeta>, namespaced = true): string[] =>
  [...validateObjectMeta(meta, namespaced, dnsSubdomainMessages), ...finalizerDomainErrors(meta)].map(
    ({ type, field }) => `${type} ${field}`,
  );

describe('validateObjectMeta', () => {
  it.each<[string, Partial<StoredMeta>, string[]]>([
    ['a plain name', GOOD, []],
    ['no name', { namespace: 'x' }, ['FieldValueRequired metadata.name']],
    ['an upper-case name', { ...GOOD, name: 'A' }, ['FieldValueInvalid metadata.name']],
    ['a long name', { ...GOOD, name: 'a'.repeat(254) }, ['FieldValueInvalid metadata.name']],
    ['a prefix with a dash', { ...GOOD, generateName: 'a-' }, []],
    ['a bad prefix', { ...GOOD, generateName: 'Ab-' }, ['FieldValueInvalid metadata.generateName']],
    ['no namespace', { name: 'a' }, ['FieldValueRequired metadata.namespace']],
    ['a bad label value', { ...GOOD, labels: { a: '-' } }, ['FieldValueInvalid metadata.labels']],
    ['an annotation key of any case', { ...GOOD, annotations: { 'Example.com/A': 'x' } }, []],
    ['a bad annotation key', { ...GOOD, annotations: { 'a b': 'x' } }, ['FieldValueInvalid metadata.annotations']],
    [
      'huge annotations',
      { ...GOOD, annotations: { a: 'x'.repeat(256 * 1024) } },
      ['FieldValueTooLong metadata.annotations'],
    ],
    ['a bare finalizer', { ...GOOD, finalizers: ['mine'] }, ['FieldValueInvalid metadata.finalizers[0]']],
    ['known finalizers', { ...GOOD, finalizers: ['orphan', 'example.com/x'] }, []],
    [
      'both deletion finalizers',
      { ...GOOD, finalizers: ['orphan', 'foregroundDeletion'] },
      ['FieldValueInvalid metadata.finalizers'],
    ],
    ['a negative generation', { ...GOOD, generation: -1 }, ['FieldValueInvalid metadata.generation']],
  ])('%s', (_title, meta, expected) => {
    expect(faults(meta)).toEqual(expected);
  });

  it('tells each controller but the first, however many there are', () => {
    const owner = { apiVersion: 'v1', kind: 'A', name: 'x', uid: 'u', controller: true };
    const ownerReferences = Array.from({ length: 10_000 }, (_, at) => ({ ...owner, name: `x${at}` }));
    const errors = validateObjectMeta({ ...GOOD, ownerReferences }, true, dnsSubdomainMessages);
    expect(errors).toHaveLength(9999);
    expect(errors.at(-1)?.detail).toContain('in references for A/x0 and A/x9999');
  });

  it('refuses a namespace on cluster-scoped kinds', () => {
    expect(faults(GOOD, false)).toEqual(['FieldValueForbidden metadata.namespace']);
  });

  it('wants whole owners, and one controller', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'x', uid: 'u', controller: true };
    expect(faults({ ...GOOD, ownerReferences: [owner] })).toEqual([]);
    expect(faults({ ...GOOD, ownerReferences: [owner, { ...owner, uid: 'v' }] })).toEqual([
      'FieldValueInvalid metadata.ownerReferences',
    ]);
    expect(faults({ ...GOOD, ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }] })).toEqual([
      'FieldValueInvalid metadata.ownerReferences.apiVersion',
      'FieldValueInvalid metadata.ownerReferences.kind',
      'FieldValueInvalid metadata.ownerReferences.name',
      'FieldValueInvalid metadata.ownerReferences.uid',
    ]);
  });
});

// What the server says of every object that is updated, and the rules of most kinds once more.
const validateObjectMetaUpdate: typeof validateMetaOfUpdate = (meta, current) => [
  ...validateMetaOfUpdate(meta, current),
  ...validateChangedMeta(meta, current),
];

describe('an update of metadata', () => {
  const current: Partial<StoredMeta> = {
    ...GOOD,
    uid: 'u',
    creationTimestamp: '2026-01-01T00:00:00Z',
    generation: 2,
    finalizers: ['example.com/a'],
  };

  it('lets labels, annotations and finalizers change', () => {
    expect(validateObjectMetaUpdate({ ...current, labels: { a: 'b' }, finalizers: [] }, current)).toEqual([]);
  });

  it.each(['name', 'namespace', 'uid', 'creationTimestamp', 'deletionTimestamp'] as const)('keeps %s', (name) => {
    const errors = validateObjectMetaUpdate({ ...current, [name]: 'other' }, current).map(fieldErrorMessage);
    // Upstream looks twice: its server and the rules of the kind.
    const expected = `metadata.${name}: Invalid value: "other": field is immutable`;
    expect(errors).toEqual([expected, expected]);
  });

  it('keeps generation from falling', () => {
    const errors = validateObjectMetaUpdate({ ...current, generation: 1 }, current).map(fieldErrorMessage);
    expect(new Set(errors)).toEqual(new Set(['metadata.generation: Invalid value: 1: must not be decremented']));
  });

  it('adds no finalizers to what is being deleted', () => {
    const deleting = { ...current, deletionTimestamp: '2026-01-01T00:00:01Z' };
    const more = { ...deleting, finalizers: ['example.com/a', 'example.com/b'] };
    expect(validateObjectMetaUpdate(more, deleting).map(({ type, field }) => `${type} ${field}`)).toEqual([
      'FieldValueForbidden metadata.finalizers',
      'FieldValueForbidden metadata.finalizers',
    ]);
    expect(validateObjectMetaUpdate({ ...deleting, finalizers: [] }, deleting)).toEqual([]);
  });
});

describe('names', () => {
  it.each(['a', 'A.b_c-1', 'example.com/a', 'a'.repeat(63)])('%s is a qualified name', (name) => {
    expect(labelKeyMessages(name)).toEqual([]);
  });

  it.each(['', '-a', 'a/', '/a', 'a/b/c', 'Example.com/a', 'a'.repeat(64)])('%j is none', (name) => {
    expect(labelKeyMessages(name)).not.toEqual([]);
  });

  it('says how a good one looks', () => {
    expect(labelKeyMessages('a b')).toEqual([
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    ]);
  });

  it.each(['http', 'a1', '8080-tcp'])('%s is a port name', (name) => expect(portNameMessages(name)).toEqual([]));
  it.each(['80', 'a--b', '-a', 'A', 'a'.repeat(16)])('%s is no port name', (name) => {
    expect(portNameMessages(name)).not.toEqual([]);
  });
});
