import { describe, expect, it } from 'vitest';
import { parseScenario, ScenarioError } from './parse-scenario.js';

const HEAD = 'apiVersion: everynode.io/v1\nkind: Simulation\nmetadata: { name: x }\nspec:\n';
const FLEET = '  fleet: { groups: [{ name: w, count: 3 }] }\n';

const faultsOf = (text: string) => {
  try {
    parseScenario(text, 'f.yaml');
    return [];
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    return error.message.split('\n');
  }
};

describe('a scenario', () => {
  it('is read', () => {
    const { spec } = parseScenario(`${HEAD}${FLEET}  steps:\n    - wait: 10s\n`, 'f.yaml');
    expect(spec).toEqual({ fleet: { groups: [{ name: 'w', count: 3 }] }, steps: [{ wait: '10s' }] });
  });

  it.each<[what: string, text: string, faults: string[]]>([
    [
      'no YAML',
      'a: [',
      [
        'f.yaml:1: Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 5:',
      ],
    ],
    [
      'another kind',
      'apiVersion: everynode.io/v1\nkind: Other\nmetadata: { name: x }\nspec: { fleet: {}, steps: [{ wait: 1s }] }',
      ['f.yaml:2: kind must be equal to constant'],
    ],
    [
      'an unknown field',
      `${HEAD}${FLEET}  stepz: []\n  steps:\n    - wait: 1s\n`,
      ['f.yaml:6: spec has no field stepz'],
    ],
    ['a missing one', `${HEAD}${FLEET}`, ["f.yaml:4: spec must have required property 'steps'"]],
    [
      'a wrong span',
      `${HEAD}${FLEET}  steps:\n    - wait: soon\n`,
      ['f.yaml:7: spec.steps.0.wait must match pattern "^(\\d+(\\.\\d+)?(ms|s|m|h))+$|^0$"'],
    ],
    [
      'a wrong choice',
      `${HEAD}${FLEET}  steps:\n    - waitFor: { daemonSet: a, condition: Nope }\n`,
      ['f.yaml:7: spec.steps.0.waitFor.condition must be one of RolledOut, Stuck, RolledBack'],
    ],
    [
      'none of several forms',
      `${HEAD}${FLEET}  behaviour:\n    - start: 3\n  steps: [{ wait: 1s }]\n`,
      ['f.yaml:7: spec.behaviour.0.start has none of the forms that it may have (docs/simulate.md)'],
    ],
    [
      'a step that does two things',
      `${HEAD}${FLEET}  steps:\n    - wait: 1s\n    - wait: 1s\n      cordon: {}\n`,
      ['f.yaml:8: the step does wait and cordon: make a step of each'],
    ],
    ['a step that does nothing', `${HEAD}${FLEET}  steps:\n    - name: x\n`, ['f.yaml:7: the step does nothing']],
  ])('with %s is refused, with the line', (_what, text, faults) => expect(faultsOf(text)).toEqual(faults));
});
