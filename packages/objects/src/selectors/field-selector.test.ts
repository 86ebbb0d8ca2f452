import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube-object.js';
import { compileFieldSelector, parseFieldSelector, requiredFieldValue } from './index.js';

const pod = (nodeName?: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'a', namespace: 'b', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { nodeName },
});
const fields = { 'spec.nodeName': (object: KubeObject) => (object.spec as { nodeName?: string }).nodeName ?? '' };
const matches = (text: string, object: KubeObject) => compileFieldSelector(parseFieldSelector(text), fields)(object);

describe('field selectors', () => {
  it('matches by equality and difference', () => {
    expect(matches('', pod())).toBe(true);
    expect(matches('metadata.name=a,metadata.namespace==b', pod())).toBe(true);
    expect(matches('metadata.name!=a', pod())).toBe(false);
    expect(matches('spec.nodeName=n', pod('n'))).toBe(true);
    expect(matches('spec.nodeName=', pod())).toBe(true);
    expect(matches('spec.nodeName!=', pod())).toBe(false);
  });

  it('reads escapes in values', () => {
    expect(parseFieldSelector('a=x\\,y\\=z\\\\')).toEqual([{ field: 'a', operator: '=', value: 'x,y=z\\' }]);
    expect(() => parseFieldSelector('a=x\\n')).toThrow('invalid escape sequence: \\n');
    expect(() => parseFieldSelector('a=x=y')).toThrow('unescaped character in value: 61');
  });

  it('refuses what it does not know', () => {
    expect(() => parseFieldSelector('a=b,c')).toThrow("invalid selector: 'a=b,c'; can't understand 'c'");
    expect(() => matches('spec.color=red', pod())).toThrow('field label not supported: spec.color');
    expect(() => matches('constructor=red', pod())).toThrow('field label not supported: constructor');
  });

  it('has other words for kinds without fields of their own, and for those without a namespace', () => {
    const asked = parseFieldSelector('data=x');
    expect(() => compileFieldSelector(asked, {})).toThrow(
      '"data" is not a known field selector: only "metadata.name", "metadata.namespace"',
    );
    const inNamespace = parseFieldSelector('metadata.namespace=x');
    expect(() => compileFieldSelector(inNamespace, fields, { namespaced: false })).toThrow(
      'field label not supported: metadata.namespace',
    );
  });

  it('agrees with a naive evaluator, whatever the values are', () => {
    const escaped = (value: string): string => value.replace(/[\\,=]/g, (char) => `\\${char}`);
    const value = fc.oneof(fc.constantFrom('', 'n', 'a,b', 'a=b', '\\'), fc.string({ maxLength: 4 }));
    const term = fc.record({ operator: fc.constantFrom('=', '==', '!='), value });
    fc.assert(
      fc.property(fc.array(term, { maxLength: 3 }), value, (terms, has) => {
        const text = terms.map(({ operator, value: wanted }) => `spec.nodeName${operator}${escaped(wanted)}`).join(',');
        const holds = terms.every(({ operator, value: wanted }) => (wanted === has) === (operator !== '!='));
        expect(matches(text, pod(has))).toBe(holds);
      }),
    );
  });

  it('tells the value a field is fixed to', () => {
    const requirements = parseFieldSelector('metadata.name=a,spec.nodeName!=b');
    expect(requiredFieldValue(requirements, 'metadata.name')).toBe('a');
    expect(requiredFieldValue(requirements, 'spec.nodeName')).toBeUndefined();
  });
});
