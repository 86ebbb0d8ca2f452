import { describe, expect, it } from 'vitest';
import { lookupType, typeOfKind } from './index.js';
import { TYPE_NAMES } from './type-facts.js';

describe('the facts of fields', () => {
  it('are those of the form of their values', () => {
    for (const name of TYPE_NAMES) {
      for (const [field, facts] of Object.entries(lookupType(name)?.fields ?? {})) {
        const isScalar = facts.ref === undefined && facts.arrayOf === undefined && facts.mapOf === undefined;
        expect([name, field, facts.pointer ?? isScalar]).toEqual([name, field, isScalar]);
        if (facts.keepsEmpty) expect([name, field]).toEqual([name, facts.arrayOf && field]);
        for (const { ref } of [facts, facts.arrayOf ?? {}, facts.mapOf ?? {}]) {
          if (ref !== undefined) expect([name, field, lookupType(ref)]).toEqual([name, field, expect.anything()]);
        }
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
