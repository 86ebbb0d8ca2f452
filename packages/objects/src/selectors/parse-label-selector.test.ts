import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiError } from '../api-error.js';
import { formatRequirements, matchesRequirements, parseLabelSelector } from './index.js';

const shown = (text: string) => parseLabelSelector(text).map(({ key, operator, values }) => [key, operator, ...values]);

describe('parseLabelSelector', () => {
  it('reads every operator', () => {
    expect(shown('a=b,c!=d, e in (y, x),!f,g,h==i,j notin (k),l>1,m<2')).toEqual([
      ['a', '=', 'b'],
      ['c', '!=', 'd'],
      ['e', 'in', 'x', 'y'],
      ['f', '!'],
      ['g', 'exists'],
      ['h', '==', 'i'],
      ['j', 'notin', 'k'],
      ['l', 'gt', '1'],
      ['m', 'lt', '2'],
    ]);
  });

  it('reads operator words as names where no operator is due', () => {
    expect(shown('in in (in,notin),notin=in')).toEqual([
      ['in', 'in', 'in', 'notin'],
      ['notin', '=', 'in'],
    ]);
  });

  it('reads empty text and empty values', () => {
    expect(shown('')).toEqual([]);
    expect(shown('  ')).toEqual([]);
    expect(shown('a=,b in (),c in (,x)')).toEqual([
      ['a', '=', ''],
      ['b', 'in', ''],
      ['c', 'in', '', 'x'],
    ]);
  });

  it.each([
    ['a=b,', "found '', expected: identifier after ','"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a in x', "unable to parse requirement: found 'x' expected: '('"],
    ['a in (x', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['!a=b', "found '=', expected: ',' or 'end of string'"],
    [
      'a>x',
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('refuses %s', (text, message) => {
    const attempt = () => parseLabelSelector(text);
    expect(attempt).toThrow(ApiError);
    expect(attempt).toThrow(message);
  });

  it('names a bad key and a bad value', () => {
    expect(() => parseLabelSelector('a/b/c=d')).toThrow(
      'unable to parse requirement: <nil>: Invalid value: "a/b/c": a valid label key must consist of',
    );
    expect(() => parseLabelSelector('a=b#')).toThrow(
      'unable to parse requirement: values[0][a]: Invalid value: "b#": a valid label',
    );
  });

  it('ends on any text, with requirements or an ApiError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab=!(),<> in') }), (text) => {
        try {
          parseLabelSelector(text);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
    );
  });
});

type Term = { key: string; operator: string; values: readonly string[] };

const word = fc.constantFrom('a', 'b', 'c');
const number = fc.nat({ max: 5 }).map(String);
const term: fc.Arbitrary<Term> = fc.oneof(
  fc.record({ key: word, operator: fc.constantFrom('=', '==', '!='), values: fc.tuple(word) }),
  fc.record({ key: word, operator: fc.constantFrom('in', 'notin'), values: fc.uniqueArray(word, { minLength: 1 }) }),
  fc.record({ key: word, operator: fc.constantFrom('exists', '!'), values: fc.constant([]) }),
  fc.record({ key: word, operator: fc.constantFrom('>', '<'), values: fc.tuple(number) }),
);
const labels = fc.dictionary(word, fc.oneof(word, number), { maxKeys: 3 });

function written({ key, operator, values }: Term): string {
  if (operator === 'exists') return key;
  if (operator === '!') return `!${key}`;
  if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`;
  return `${key}${operator}${values.join('')}`;
}

/** The meaning of a term, written without the code under test. */
function holds({ key, operator, values }: Term, has: Record<string, string>): boolean {
  const value = has[key];
  const listed = value !== undefined && values.some((candidate) => candidate === value);
  if (operator === 'exists') return value !== undefined;
  if (operator === '!') return value === undefined;
  if (operator === '!=' || operator === 'notin') return !listed;
  if (operator === '>') return value !== undefined && /\d/.test(value) && Number(value) > Number(values[0]);
  if (operator === '<') return value !== undefined && /\d/.test(value) && Number(value) < Number(values[0]);
  return listed;
}

describe('matching', () => {
  it('agrees with a naive evaluator', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), labels, (terms, has) => {
        const requirements = parseLabelSelector(terms.map(written).join(','));
        expect(matchesRequirements(requirements, has)).toBe(terms.every((each) => holds(each, has)));
      }),
    );
  });

  it('reads back what it formats', () => {
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), labels, (terms, has) => {
        const requirements = parseLabelSelector(terms.map(written).join(','));
        const again = parseLabelSelector(formatRequirements(requirements));
        expect(formatRequirements(again)).toBe(formatRequirements(requirements));
        expect(matchesRequirements(again, has)).toBe(matchesRequirements(requirements, has));
      }),
    );
  });
});
