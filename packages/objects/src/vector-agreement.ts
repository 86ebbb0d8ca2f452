import { isDeepStrictEqual } from 'node:util';
import { canonicalJson } from './canonical-json.js';

/** Lists of a case whose order has no meaning. */
const SETS = new Set(['tolerations', 'createOnNodes', 'deletePods', 'events', 'owned', 'adopt', 'release']);

interface ExpectedError {
  type: string;
  field: string;
  detail?: string;
}

const textOf = (value: unknown): string => (value === undefined ? 'nothing' : canonicalJson(value));

const sortedTexts = (list: readonly unknown[]): string[] => list.map(textOf).sort();

/** Type and field as a multiset. A detail must be the end of some message of that type and field. */
function sameErrors(got: ExpectedError[], wanted: ExpectedError[]): boolean {
  const pairs = (list: ExpectedError[]) => sortedTexts(list.map(({ type, field }) => ({ type, field })));
  return (
    isDeepStrictEqual(pairs(got), pairs(wanted)) &&
    wanted.every(({ type, field, detail = '' }) =>
      got.some((error) => error.type === type && error.field === field && error.detail?.endsWith(detail)),
    )
  );
}

function agrees(key: string, got: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got)) return false;
    if (key === 'errors') return sameErrors(got as ExpectedError[], wanted as ExpectedError[]);
    if (SETS.has(key)) return isDeepStrictEqual(sortedTexts(got), sortedTexts(wanted));
    return textOf(got) === textOf(wanted);
  }
  if (key === 'status' && typeof wanted === 'object' && got !== null && typeof got === 'object') {
    return differences(got as Record<string, unknown>, wanted as Record<string, unknown>).length === 0;
  }
  return textOf(got) === textOf(wanted);
}

/**
 * Where an answer differs from what a conformance case expects, one line for each difference. Only what the case names
 * is compared.
 */
export function differences(got: Record<string, unknown>, expected: Record<string, unknown>): string[] {
  return Object.entries(expected)
    .filter(([key, wanted]) => !agrees(key, got[key], wanted))
    .map(([key, wanted]) => `${key}: expected ${textOf(wanted)}, got ${textOf(got[key])}`);
}
