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
    [
      'a counter that no status has',
      `${HEAD}${FLEET}  steps:\n    - assert:\n        daemonSet: a\n        status: { numberRedy: 3 }\n`,
      ['f.yaml:9: spec.steps.0.assert.status has no field numberRedy'],
    ],
    [
      'a selector that cannot be read',
      `${HEAD}${FLEET}  steps:\n    - cordon: {}\n    - kill:\n        nodes: 'a in ('\n`,
      [expect.stringMatching(/^f\.yaml:9: spec\.steps\.1\.kill\.nodes /) as unknown as string],
    ],
    [
      'a latency that is none',
      `${HEAD}${FLEET}  behaviour:\n    - start: 5s-1s\n      ready: '300'\n      stop: { p50: 5s, max: 1s }\n  steps: [{ wait: 1s }]\n`,
      [
        'f.yaml:7: spec.behaviour.0.start is no latency: write 2s, 1s-5s, or quantiles that rise',
        'f.yaml:8: spec.behaviour.0.ready is no latency: write 2s, 1s-5s, or quantiles that rise',
        'f.yaml:9: spec.behaviour.0.stop is no latency: write 2s, 1s-5s, or quantiles that rise',
      ],
    ],
    [
      'a rule that ends before it begins',
      `${HEAD}${FLEET}  behaviour:\n    - from: 2m\n      until: 1m\n  steps: [{ wait: 1s }]\n`,
      ['f.yaml:8: spec.behaviour.0.until is not after from'],
    ],
    [
      'an amount that is none',
      `${HEAD}  fleet:\n    groups:\n      - { name: w, count: 1, capacity: { cpu: lots } }\n  steps: [{ wait: 1s }]\n`,
      ['f.yaml:7: spec.fleet.groups.0.capacity.cpu is no quantity'],
    ],
    [
      'an alias of nothing',
      `${HEAD}${FLEET}  steps: *none\n`,
      ['f.yaml:1: Unresolved alias (the anchor must be set before the alias): none'],
    ],
    ['a step that does nothing', `${HEAD}${FLEET}  steps:\n    - name: x\n`, ['f.yaml:7: the step does nothing']],
  ])('with %s is refused, with the line', (_what, text, faults) => expect(faultsOf(text)).toEqual(faults));
});
