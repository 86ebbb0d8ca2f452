import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { differences } from './vector-agreement.js';
import { answerObjectVector, type ObjectVector } from './vectors.js';

describe.each(['validation', 'printing'])('upstream cases of %s', (area) => {
  const path = new URL(`../../../test/vectors/${area}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(path, 'utf8')) as { cases: ObjectVector[] };

  it.each(cases.map((vector) => [vector.id, vector] as const))('%s', (_id, vector) => {
    expect(differences(answerObjectVector(vector) as Record<string, unknown>, vector.expect)).toEqual([]);
  });
});

describe('differences', () => {
  it('names what differs, and nothing that was not asked for', () => {
    expect(differences({ a: 1, b: [2] }, { b: [3] })).toEqual(['b: expected [3], got [2]']);
    expect(differences({ a: 1, b: 2 }, { a: 1 })).toEqual([]);
  });

  it('takes lists without an order as sets, and a list that is shorter as different', () => {
    expect(differences({ events: ['b', 'a'] }, { events: ['a', 'b'] })).toEqual([]);
    expect(differences({ cells: ['b', 'a'] }, { cells: ['a', 'b'] })).toHaveLength(1);
    expect(differences({ events: ['a'] }, { events: ['a', 'a'] })).toHaveLength(1);
  });

  it('wants the errors of a case, no more and no fewer', () => {
    const error = { type: 'FieldValueInvalid', field: 'spec', detail: 'spec: Invalid value: must be set' };
    expect(
      differences({ errors: [error] }, { errors: [{ type: error.type, field: 'spec', detail: 'be set' }] }),
    ).toEqual([]);
    expect(
      differences({ errors: [error] }, { errors: [{ type: error.type, field: 'spec', detail: 'gone' }] }),
    ).toHaveLength(1);
    expect(differences({ errors: [error, error] }, { errors: [{ type: error.type, field: 'spec' }] })).toHaveLength(1);
    expect(differences({ errors: [] }, { errors: [error] })).toHaveLength(1);
  });
});
