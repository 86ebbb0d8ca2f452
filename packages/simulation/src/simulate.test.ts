import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agent, ROLLED_OUT, scenario } from '../fixtures/scenarios.js';
import type { ScenarioStep } from './scenario/schema.js';
import { simulate } from './simulate.js';

const only = ({ rollouts }: ReturnType<typeof simulate>) => {
  const [rollout] = rollouts;
  if (!rollout) throw new Error('no rollout');
  return rollout;
};

const faults = (steps: ScenarioStep[], spec = {}) =>
  simulate(scenario(steps, spec)).steps.flatMap(({ fault }) => fault ?? []);

const ready = (numberReady: number, more = {}): ScenarioStep => ({
  assert: { daemonSet: 'agent', status: { numberReady, ...more } },
});

describe('a rollout in virtual time', () => {
  it('ends with the new revision on every node, within the budget, after the time that it takes', () => {
    const behaviour = [{ start: '3s', stop: '1s' }];
    const report = simulate(scenario([{ apply: agent('agent:2') }, ROLLED_OUT], { behaviour }));
    expect(report.ok).toBe(true);
    // Twelve nodes, two at a time: six rounds of a stop and a start.
    expect(report.durationMs).toBeGreaterThanOrEqual(24_000);
    expect(report.durationMs).toBeLessThan(26_000);
    expect(only(report)).toMatchObject({
      peakUnavailable: 2,
      budgetViolations: 0,
      podsCreated: 12,
      podsFailed: 0,
      timeToReady: { count: 12, p50: 3000, max: 3000 },
      status: { desiredNumberScheduled: 12, numberAvailable: 12, updatedNumberScheduled: 12 },
    });
  });

  it('is the same, byte for byte, for the same seed, and another for another one', () => {
    const behaviour = [{ start: '1s-9s', failure: { kind: 'crash' as const, rate: 0.3 } }];
    const input = scenario([{ apply: agent('agent:2') }, { wait: '5m' }], { behaviour });
    const run = (seed: number) => JSON.stringify(simulate({ ...input, seed }));
    expect(run(5)).toBe(run(5));
    expect(run(6)).not.toBe(run(5));
  });

  it('never takes more than its budget, whatever the fleet, the latencies and the strategy', () => {
    const cases = fc.property(
      fc.record({
        count: fc.integer({ min: 1, max: 15 }),
        unavailable: fc.integer({ min: 1, max: 4 }),
        startMs: fc.integer({ min: 0, max: 9000 }),
        spreadMs: fc.integer({ min: 0, max: 9000 }),
        stopMs: fc.integer({ min: 0, max: 5000 }),
        seed: fc.integer({ min: 0, max: 1e6 }),
        minReadySeconds: fc.integer({ min: 0, max: 5 }),
      }),
      ({ count, unavailable, startMs, spreadMs, stopMs, seed, minReadySeconds }) => {
        const spec = {
          minReadySeconds,
          updateStrategy: { rollingUpdate: { maxUnavailable: unavailable, maxSurge: 0 } },
        };
        const input = scenario([{ apply: agent('agent:2', spec) }, ROLLED_OUT], {
          fleet: { groups: [{ name: 'w', count }] },
          manifests: [agent('agent:1', spec)],
          behaviour: [{ start: `${startMs}ms-${startMs + spreadMs}ms`, stop: `${stopMs}ms` }],
        });
        const report = simulate({ ...input, seed });
        expect(report.ok).toBe(true);
        expect(only(report).peakUnavailable).toBeLessThanOrEqual(unavailable);
        expect(only(report).budgetViolations).toBe(0);
      },
    );
    fc.assert(cases, propertyRuns(30));
  });

  it('stands where the image cannot be pulled, and says so', () => {
    const deadline = { metadata: { annotations: { 'everynode.io/progress-deadline-seconds': '60' } } };
    const behaviour = [{ start: '1s' }, { image: 'agent:2', failure: { kind: 'image-error' as const, rate: 1 } }];
    const stuck: ScenarioStep = { waitFor: { daemonSet: 'agent', condition: 'Stuck', timeout: '10m' } };
    const next = { ...agent('agent:2'), metadata: { name: 'agent', ...deadline.metadata } };
    const report = simulate(scenario([{ apply: next }, stuck], { behaviour }));
    expect(report.ok).toBe(true);
    expect(only(report)).toMatchObject({ podsFailed: 2, updatedAtFirstFailure: 0, completedAtMs: null });
    expect(only(report).blocked[0]).toMatchObject({
      reason: 'an old revision waits: maxUnavailable 2 is used by other nodes',
      nodes: 10,
    });
  });

  it('holds nothing against a revision that happens on a node that is silent', () => {
    const annotations = {
      'everynode.io/progress-deadline-seconds': '20',
      'everynode.io/rollback-on-deadline': 'true',
    };
    const annotated = (image: string) => {
      const made = agent(image);
      return { ...made, metadata: { ...made.metadata, annotations } };
    };
    const steps: ScenarioStep[] = [
      { wait: '10s' },
      { apply: annotated('agent:2') },
      { partition: {}, after: '2s' },
      { wait: '45s' },
    ];
    const report = simulate(scenario(steps, { manifests: [annotated('agent:1')], behaviour: [{ start: '5s' }] }));
    expect(only(report)).toMatchObject({ rollbacks: [], stuckAtMs: null });
  });

  it('counts as violations of the budget only what was available and is within it', () => {
    const strict = { minReadySeconds: 60 };
    const twice: ScenarioStep[] = [
      { apply: agent('agent:2', strict) },
      { wait: '10s' },
      { apply: agent('agent:3', strict) },
      { ...ROLLED_OUT, after: '1m' },
    ];
    const report = simulate(scenario(twice, { manifests: [agent('agent:1', strict)] }));
    expect(only(report)).toMatchObject({ budgetViolations: 0, peakUnavailable: 2, podsCreated: 14 });
    const annotations = { 'everynode.io/skip-not-ready': 'true' };
    const skipping = (image: string) => ({ ...agent(image), metadata: { name: 'agent', annotations } as never });
    const broken: ScenarioStep[] = [
      { kill: { count: 4 } },
      { wait: '2m' },
      { apply: skipping('agent:2') },
      { wait: '5m' },
      ready(8, { updatedNumberScheduled: 8 }),
    ];
    const skipped = simulate(scenario(broken, { manifests: [skipping('agent:1')] }));
    expect(skipped.steps.flatMap(({ fault }) => fault ?? [])).toEqual([]);
    expect(only(skipped).budgetViolations).toBe(0);
  });

  it('waits for what becomes of the last change, whatever became of one before', () => {
    const annotations = { 'everynode.io/progress-deadline-seconds': '60' };
    const next = (image: string) => ({ ...agent(image), metadata: { name: 'agent', annotations } as never });
    const stuck: ScenarioStep = { waitFor: { daemonSet: 'agent', condition: 'Stuck', timeout: '10m' } };
    const behaviour = [{ image: 'agent:2', failure: { kind: 'image-error' as const, rate: 1 } }];
    const steps = [{ apply: next('agent:2') }, stuck, { apply: next('agent:3') }, ROLLED_OUT, stuck];
    expect(faults(steps, { behaviour })).toEqual(['agent is not Stuck after 600 s']);
  });

  it('has less important pods leave where there is no room, and waits where there are none', () => {
    const fleet = { groups: [{ name: 'w', count: 2, capacity: { cpu: '1' }, occupied: { cpu: '800m' } }] };
    const wants = (priorityClassName?: string) =>
      agent(
        'agent:1',
        {},
        {
          containers: [{ name: 'agent', image: 'agent:1', resources: { requests: { cpu: '500m' } } }],
          ...(priorityClassName !== undefined && { priorityClassName }),
        },
      );
    const assert = (numberReady: number): ScenarioStep => ({ assert: { daemonSet: 'agent', status: { numberReady } } });
    expect(faults([{ wait: '1m' }, assert(0)], { fleet, manifests: [wants()] })).toEqual([]);
    const critical = { fleet, manifests: [wants('system-node-critical')] };
    expect(faults([{ wait: '1m' }, assert(2)], critical)).toEqual([]);
  });

  it('shows what admission refuses', () => {
    const next = agent('agent:2', {}, { priorityClassName: 'missing' });
    const report = simulate(scenario([{ apply: next }, { wait: '1m' }]));
    expect(only(report).refusals).toEqual(['pods "agent-" is forbidden: no PriorityClass with name missing was found']);
    expect(only(report).status).toMatchObject({ desiredNumberScheduled: 12, numberUnavailable: 2 });
  });
});

describe('a step', () => {
  it.each<{ does: string; steps: ScenarioStep[] }>([
    {
      does: 'taint',
      steps: [{ taint: { count: 3, taints: [{ key: 'k', effect: 'NoExecute' }] } }, { wait: '1m' }, ready(9)],
    },
    {
      does: 'untaint',
      steps: [
        { taint: { taints: [{ key: 'k', effect: 'NoExecute' }] } },
        { wait: '1m' },
        ready(0),
        { untaint: { key: 'k' } },
        ROLLED_OUT,
        ready(12),
      ],
    },
    { does: 'cordon', steps: [{ cordon: { count: '50%' } }, { wait: '1m' }, ready(12)] },
    {
      does: 'label',
      steps: [
        { patch: { daemonSet: 'agent', patch: { spec: { template: { spec: { nodeSelector: { on: 'yes' } } } } } } },
        { label: { nodes: 'topology.kubernetes.io/zone=a', labels: { on: 'yes' } } },
        { wait: '1m' },
        ready(4),
        { label: { labels: { on: null } } },
        { wait: '1m' },
        ready(0),
      ],
    },
    { does: 'join', steps: [{ join: { name: 'w', count: 3 } }, ROLLED_OUT, ready(15)] },
    { does: 'leave', steps: [{ leave: { nodes: 'topology.kubernetes.io/zone=b' } }, { wait: '1s' }, ready(8)] },
    {
      does: 'kill, for a time',
      steps: [{ kill: { count: 2, for: '5m' } }, { wait: '2m' }, ready(10), { wait: '5m' }, ready(12)],
    },
    {
      does: 'partition and restore',
      steps: [{ partition: { count: 2 } }, { wait: '2m' }, ready(10), { restore: {} }, { wait: '1s' }, ready(12)],
    },
    {
      does: 'zoneOutage',
      steps: [
        { zoneOutage: { zone: 'a', for: '3m' } },
        { wait: '2m' },
        ready(8, { desiredNumberScheduled: 8 }),
        { wait: '2m' },
        ready(12),
      ],
    },
    {
      does: 'kill, twice, and each for a time of its own',
      steps: [
        { kill: { count: 2, for: '5m' } },
        { kill: { for: '20m' } },
        { wait: '10m' },
        ready(0),
        { wait: '11m' },
        ready(12),
      ],
    },
    {
      does: 'partition, which begins anew when it comes again within the grace period',
      steps: [
        { partition: { for: '40s' } },
        { partition: { for: '1m' }, at: '45s' },
        { wait: '40s' },
        ready(12),
        { wait: '15s' },
        ready(0),
      ],
    },
    {
      does: 'kill, of nodes that are restored and lost again',
      steps: [
        { kill: { for: '5m' } },
        { restore: {}, at: '2m' },
        { partition: {} },
        { wait: '8m' },
        ready(0),
        { restore: {} },
        { wait: '1s' },
        ready(12),
      ],
    },
  ])('$does', ({ steps }) => expect(faults(steps)).toEqual([]));

  it('begins when it should', () => {
    const { steps } = simulate(scenario([{ wait: '10s' }, { wait: '1s', after: '5s' }, { wait: '1s', at: '1m' }]));
    expect(steps.map(({ startedAtMs }) => startedAtMs)).toEqual([0, 15_000, 60_000]);
  });

  it('is not played beyond the limit, and says so', () => {
    const reached = 'the limit of the simulation, 1 min, is reached';
    const input = scenario([{ wait: '59.9s' }, ready(12), ready(12), { wait: '1h' }, { cordon: {} }], { limit: '1m' });
    const { steps, ok, durationMs } = simulate(input);
    expect(steps.map(({ fault }) => fault)).toEqual([undefined, undefined, undefined, reached, reached]);
    expect(steps.every(({ startedAtMs, endedAtMs }) => endedAtMs >= startedAtMs)).toBe(true);
    expect({ ok, durationMs }).toEqual({ ok: false, durationMs: 60_100 });
    const late = simulate(scenario([{ cordon: {}, at: '2m' }], { limit: '1m' }));
    expect(late.steps.map(({ fault }) => fault)).toEqual([reached]);
    const waits = simulate(scenario([{ waitFor: { daemonSet: 'agent', condition: 'Stuck' } }], { limit: '1m' }));
    expect(waits.steps.map(({ fault }) => fault)).toEqual([reached]);
  });

  it.each<[fault: string, step: ScenarioStep]>([
    ['agent is not Stuck after 60 s', { waitFor: { daemonSet: 'agent', condition: 'Stuck', timeout: '1m' } }],
    ['there is no DaemonSet other', { waitFor: { daemonSet: 'other', condition: 'RolledOut' } }],
    ['there is no DaemonSet other', { patch: { daemonSet: 'other', patch: {} } }],
    ['numberReady is 12, and should be at least 13', ready({ atLeast: 13 } as never)],
    ['numberReady is 12, and should be 3', ready(3)],
    ['it has no DaemonSet', { apply: 'nothing.yaml' }],
  ])('fails in words: %s', (fault, step) => expect(faults([step])).toEqual([fault]));

  it.each<[words: string, step: ScenarioStep]>([
    [
      'spec.selector: Invalid value: {"matchLabels":{"app":"other"}}: field is immutable',
      {
        apply: agent('agent:2', {
          selector: { matchLabels: { app: 'other' } },
          template: {
            metadata: { labels: { app: 'other' } },
            spec: { containers: [{ name: 'agent', image: 'agent:2' }] },
          },
        }),
      },
    ],
    ['Node "w-00001" is invalid: metadata.labels: Invalid value: "a b"', { label: { labels: { x: 'a b' } } }],
    [
      'Node "w-00001" is invalid: metadata.taints[0].effect: Unsupported value: "Never"',
      { taint: { taints: [{ key: 'k', effect: 'Never' }] } },
    ],
    ['Node "W-00001" is invalid: metadata.name', { join: { name: 'W', count: 1 } }],
  ])('fails in the words of the api: %s', (words, step) =>
    expect(faults([step])).toEqual([expect.stringContaining(words)]),
  );

  it('fails in the words of the api for a DaemonSet that it would refuse', () => {
    const [fault] = faults([{ apply: agent('agent:2', { selector: { matchLabels: { app: 'other' } } }) }]);
    expect(fault).toContain('DaemonSet.apps "agent" is invalid: spec.template.metadata.labels');
  });
});

it('holds what was measured against thresholds', () => {
  const behaviour = [{ start: '4s' }];
  const thresholds = {
    timeToReady: { p50: '5s', max: '3s' },
    peakUnavailable: 2,
    budgetViolations: 0,
    duration: '10m',
  };
  const report = simulate(scenario([{ apply: agent('agent:2') }, ROLLED_OUT], { behaviour, thresholds }));
  expect(report.ok).toBe(false);
  expect(report.thresholds.map(({ what, ok }) => [what, ok])).toEqual([
    ['timeToReady.p50 (ms)', true],
    ['timeToReady.max (ms)', false],
    ['peakUnavailable', true],
    ['budgetViolations', true],
    ['duration (ms)', true],
  ]);
});
