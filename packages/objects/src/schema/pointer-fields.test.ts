import { describe, expect, it } from 'vitest';
import { lookupType, typeOfKind } from './index.js';
import { POINTER_FIELDS } from './pointer-fields.js';

describe('the table of pointer fields', () => {
  it('names scalars that the schema has', () => {
    for (const [type, fields] of POINTER_FIELDS) {
      const prefix = type.startsWith('meta.') ? 'io.k8s.apimachinery.pkg.apis.' : 'io.k8s.api.';
      for (const field of fields) {
        const facts = lookupType(prefix + type)?.fields?.[field];
        expect([type, field, facts?.type]).toEqual([type, field, expect.stringMatching(/^(string|integer|boolean)$/)]);
      }
    }
  });
});

describe('lookupType', () => {
  it('has merge facts', () => {
    expect(lookupType('io.k8s.api.core.v1.PodSpec')?.fields?.containers).toMatchObject({
      'patch-merge-key': 'name',
      'list-type': 'map',
    });
    expect(lookupType('constructor')).toBeUndefined();
  });

  it('finds types by kind', () => {
    expect(typeOfKind('apps', 'v1', 'DaemonSet')).toBe('io.k8s.api.apps.v1.DaemonSet');
    expect(typeOfKind('', 'v1', 'Pod')).toBe('io.k8s.api.core.v1.Pod');
    expect(typeOfKind('', 'v1', 'Nothing')).toBeUndefined();
  });
});
