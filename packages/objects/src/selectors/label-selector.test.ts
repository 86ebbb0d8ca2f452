import { describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.js';
import { formatLabelSelector, isEmptySelector, labelSelectorRequirements, matchesLabelSelector } from './index.js';

describe('selectors in object form', () => {
  it('formats as kubectl shows them', () => {
    const selector = {
      matchLabels: { foo: 'bar' },
      matchExpressions: [
        { key: 'tier', operator: 'In', values: ['z', 'a'] },
        { key: 'x', operator: 'DoesNotExist' },
        { key: 'e', operator: 'Exists' },
      ],
    };
    expect(formatLabelSelector(selector)).toBe('e,foo=bar,tier in (a,z),!x');
    expect(formatLabelSelector({})).toBe('<none>');
    expect(formatLabelSelector(undefined)).toBe('<none>');
    expect(formatLabelSelector({ matchExpressions: [{ key: 'x', operator: 'Near' }] })).toBe('<error>');
  });

  it('tells a missing selector from an empty one', () => {
    expect(matchesLabelSelector(undefined, { a: 'b' })).toBe(false);
    expect(matchesLabelSelector({}, { a: 'b' })).toBe(true);
    expect(matchesLabelSelector({}, undefined)).toBe(true);
    expect(isEmptySelector({ matchLabels: {}, matchExpressions: [] })).toBe(true);
    expect(isEmptySelector({ matchExpressions: [{ key: 'a', operator: 'Exists' }] })).toBe(false);
  });

  it('looks at own labels alone', () => {
    expect(matchesLabelSelector({ matchExpressions: [{ key: 'constructor', operator: 'Exists' }] }, {})).toBe(false);
  });

  it('refuses operators of node selectors', () => {
    expect(() =>
      labelSelectorRequirements({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1'] }] }),
    ).toThrow(ApiError);
  });
});
