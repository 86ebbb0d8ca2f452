import { readFileSync } from 'node:fs';
import { differences } from '@everynode/objects/vector-agreement';
import { describe, expect, it } from 'vitest';
import { answerVector, VECTOR_KINDS, type Vector } from './vectors.js';

describe.each(['scheduling', 'tolerations', 'node-affinity', 'rolling-update'])('%s', (area) => {
  const path = new URL(`../../../../test/vectors/${area}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: Vector[] };

  it.each(cases.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    expect(VECTOR_KINDS).toContain(vector.kind);
    expect(differences(answerVector(vector) as Record<string, unknown>, vector.expect)).toEqual([]);
  });
});
