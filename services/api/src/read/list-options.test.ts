import type { ApiError } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { Query } from '../http/query.js';
import { listOptions } from './list-options.js';

/** The field and the words of each fault; empty for a request that may be made. */
function faults(search: string): string[] {
  try {
    const query = new Query(search);
    listOptions(query, query.flag('watch'));
    return [];
  } catch (error) {
    const { reason, message, details } = error as ApiError;
    if (reason !== 'Invalid') return [message];
    expect(message).toContain('ListOptions.meta.k8s.io "" is invalid: ');
    return (details?.causes ?? []).map((cause) => `${cause.field}: ${cause.message}`);
  }
}

const MATCH = 'resourceVersionMatch';

describe('what a list or a watch asks for', () => {
  it.each([
    ['', []],
    ['limit=10&resourceVersion=0', []],
    ['limit=-1', []],
    ['resourceVersion=5&resourceVersionMatch=Exact', []],
    ['resourceVersion=0&resourceVersionMatch=NotOlderThan', []],
    [
      'resourceVersionMatch=Exact',
      [`${MATCH}: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`],
    ],
    [
      'resourceVersion=0&resourceVersionMatch=Exact',
      [`${MATCH}: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`],
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Newest',
      [`${MATCH}: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""`],
    ],
    [
      'resourceVersion=1&resourceVersionMatch=Exact&continue=x',
      [`${MATCH}: Forbidden: resourceVersionMatch is forbidden when continue is provided`],
    ],
    ['sendInitialEvents=false', ['sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list']],
    ['limit=many', ['strconv.ParseInt: parsing "many": invalid syntax']],
    ['limit=99999999999999999999', ['strconv.ParseInt: parsing "99999999999999999999": value out of range']],
    ['watch=1', []],
    ['watch=anything&resourceVersion=7', []],
    ['watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan', []],
    ['watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=7', []],
    [
      'watch=1&sendInitialEvents=true',
      [`${MATCH}: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`],
    ],
    [
      'watch=1&resourceVersion=7&resourceVersionMatch=NotOlderThan',
      [`${MATCH}: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided`],
    ],
    [
      'watch=1&sendInitialEvents=1&resourceVersionMatch=Exact',
      [
        `${MATCH}: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan`,
        `${MATCH}: Unsupported value: "Exact": supported values: "NotOlderThan"`,
      ],
    ],
    [
      'watch=1&sendInitialEvents=1&resourceVersionMatch=NotOlderThan&continue=x',
      [`${MATCH}: Forbidden: resourceVersionMatch is forbidden when continue is provided`],
    ],
    ['watch=1&timeoutSeconds=soon', ['strconv.ParseInt: parsing "soon": invalid syntax']],
  ])('%s', (search, expected) => {
    expect(faults(search)).toEqual(expected);
  });

  it.each([
    ['watch=1', true],
    ['watch=1&resourceVersion=0', true],
    ['watch=1&resourceVersion=7', undefined],
    ['watch=1&resourceVersion=0&sendInitialEvents=false&resourceVersionMatch=NotOlderThan', false],
  ])('%s begins with what is there: %s', (search, expected) => {
    expect(listOptions(new Query(search), true).sendInitialEvents).toBe(expected);
  });
});
