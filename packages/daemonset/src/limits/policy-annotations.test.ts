import { describe, expect, it } from 'vitest';
import { annotationFaults } from './policy-annotations.js';

const faultOf = (name: string, value: string) => annotationFaults({ [`everynode.io/${name}`]: value })[0]?.detail;

const FORMS = 'must be a number of nodes, a percentage, or a label selector';

describe('the value of everynode.io/canary', () => {
  it.each(['0', '3', '007', '0%', '30%', '100%', 'ring', 'ring=first', 'ring in (a,b),!late', '5g=yes', 'a/b', '!1.5'])(
    'may be %j',
    (value) => expect(faultOf('canary', value)).toBeUndefined(),
  );

  it.each([
    '',
    '1.5',
    '-1',
    '+1',
    '1e3',
    ' 3',
    '3 ',
    '3 %',
    '30 %',
    '1.5%',
    '-5%',
    '10pct',
    '0x3',
    '3,4',
    ' ring',
    '٣',
  ])('may not be %j, which is no number and hardly a label', (value) => expect(faultOf('canary', value)).toBe(FORMS));

  it('may not be more than all nodes', () => expect(faultOf('canary', '110%')).toBe('must not exceed 100%'));
});

describe('the value of everynode.io/partition', () => {
  it.each(['0', '3', '0%', '30%', '100%'])('may be %j', (value) => expect(faultOf('partition', value)).toBeUndefined());

  it.each(['', '1.5', '-1', ' 3', '3 ', '1.5%', 'ring=first'])('may not be %j', (value) =>
    expect(faultOf('partition', value)).toBe('must be a number of nodes or a percentage'),
  );

  it('may not be more than all nodes', () => expect(faultOf('partition', '101%')).toBe('must not exceed 100%'));
});

describe('the value of everynode.io/topology-budget', () => {
  it.each(['1', '1%', '100%'])('may be %j', (value) => expect(faultOf('topology-budget', value)).toBeUndefined());

  it.each(['0', '0%', '00%', 'x', '101%'])('may not be %j', (value) =>
    expect(faultOf('topology-budget', value)).toMatch(
      /^must (be a number of nodes or a percentage, above 0|not exceed)/,
    ),
  );
});
