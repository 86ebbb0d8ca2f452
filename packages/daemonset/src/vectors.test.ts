import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerVector, VECTOR_KINDS, type Vector } from './vectors.js';

/** Lists whose order says nothing. */
const SETS = ['tolerations', 'createOnNodes', 'deletePods', 'events', 'owned', 'adopt', 'release'];

function comparable(value: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...value };
  for (const key of SETS) {
    const list = copy[key];
    if (Array.isArray(list)) copy[key] = list.map((item) => JSON.stringify(item)).sort();
  }
  return copy;
}

describe.each(['scheduling', 'tolerations', 'node-affinity', 'rolling-update'])('%s', (area) => {
  const path = new URL(`../../../test/vectors/${area}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Vector[] };

  it.each(cases.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    expect(VECTOR_KINDS).toContain(vector.kind);
    const got = comparable(answerVector(vector) as Record<string, unknown>);
    // A list that a case does not give is not asked for.
    expect(got).toMatchObject(comparable(vector.expect));
  });
});
