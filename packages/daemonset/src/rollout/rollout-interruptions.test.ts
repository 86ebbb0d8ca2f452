import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type TimedOptions, TimedRollout } from '../../fixtures/timed-rollout.js';

const NODES = ['a', 'b', 'c', 'd', 'e', 'f'];
/** Nodes that get their first pod at a rate. */
const FLEET = 12;
const HEALTHY = { readyAfter: 2 };
const completes = (rollout: TimedRollout) => {
  rollout.pass(300, () => rollout.isComplete);
  expect([rollout.isComplete, rollout.faults]).toEqual([true, []]);
};

/** Nodes by the revision that runs there. */
const on = (rollout: TimedRollout, revision: string): string[] =>
  [...rollout.nodes.keys()].filter((node) => rollout.hashesOn(node).includes(revision));

/** A rollout of nodes of which two are in the first ring, complete. */
const inRings = (annotations: Record<string, string>, options: TimedOptions = {}): TimedRollout => {
  const rollout = new TimedRollout([], HEALTHY, { ...options, annotations });
  for (const [i, node] of NODES.entries()) rollout.join(node, { ring: i < 2 ? 'first' : 'second' });
  completes(rollout);
  return rollout;
};

const LIMITS: [how: string, annotations: Record<string, string>][] = [
  ['by number', { 'everynode.io/canary': '2' }],
  ['by percentage', { 'everynode.io/canary': '30%' }],
  ['by number, which follow by themselves', { 'everynode.io/canary': '2', 'everynode.io/canary-seconds': '60' }],
  ['by selector', { 'everynode.io/canary': 'ring=first' }],
  ['by a partition', { 'everynode.io/partition': '4' }],
];

describe('an undo during a canary', () => {
  it.each(LIMITS)('brings the canaries back, and touches no other node: chosen %s', (_, annotations) => {
    const rollout = inRings(annotations);
    const before = new Map(NODES.map((node) => [node, rollout.liveOn(node)[0]?.metadata?.uid]));
    const bad = rollout.apply({});
    rollout.pass(20);
    const canaries = on(rollout, bad);
    // One that is not available uses up the budget.
    expect(canaries).toHaveLength(1);
    rollout.undo();
    completes(rollout);
    const replaced = NODES.filter((node) => rollout.liveOn(node)[0]?.metadata?.uid !== before.get(node));
    expect(replaced).toEqual(canaries);
    expect(on(rollout, bad)).toEqual([]);
    expect(rollout.condition('Progressing')).toBe('True RolloutComplete');
  });

  it.each(LIMITS)('does so under surge, and on a node that joined meanwhile: chosen %s', (_, annotations) => {
    const rollout = inRings(annotations, { maxUnavailable: 0, maxSurge: 1 });
    const next = rollout.apply(HEALTHY);
    rollout.pass(20);
    expect(on(rollout, next)).toHaveLength(2);
    rollout.join('late', { ring: 'second' });
    rollout.pass(10);
    expect(on(rollout, next)).toContain('late');
    rollout.undo();
    completes(rollout);
    expect(on(rollout, next)).toEqual([]);
  });

  it.each(LIMITS)(
    'lets no further node take the revision that is applied again after it: chosen %s',
    (_, annotations) => {
      const rollout = inRings(annotations);
      const next = rollout.apply(HEALTHY);
      rollout.pass(20);
      const most = on(rollout, next).length;
      for (let turn = 0; turn < 3; turn += 1) {
        // The second undo, which goes forward again, comes before anything has gone back, and later after some have.
        rollout.undo();
        rollout.pass(turn);
        rollout.undo();
        rollout.pass(10);
        expect(on(rollout, next).length).toBeLessThanOrEqual(most);
      }
    },
  );

  it('is a way forward once every node has the revision: the canaries go first, and the others wait', () => {
    const rollout = inRings({});
    rollout.apply(HEALTHY);
    completes(rollout);
    rollout.annotate({ 'everynode.io/canary': '2' });
    rollout.undo();
    rollout.pass(30);
    expect(on(rollout, 'r1')).toHaveLength(2);
    expect(rollout.condition('Progressing')).toBe('Unknown Canary');
  });

  it('comes by itself with rollback-on-deadline, and leaves no canary behind', () => {
    const annotations = {
      'everynode.io/canary': '2',
      'everynode.io/progress-deadline-seconds': '20',
      'everynode.io/rollback-on-deadline': 'true',
    };
    const rollout = inRings(annotations);
    const bad = rollout.apply({});
    rollout.pass(80);
    expect(rollout.failed).toEqual([bad]);
    expect(on(rollout, bad)).toEqual([]);
    completes(rollout);
  });
});

describe('a rate of creations', () => {
  it('is kept when schedulers are killed, but for one pod that each new one may create at once', () => {
    const cases = fc.property(
      fc.integer({ min: 2, max: 30 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 5 }),
      (perMinute, kills) => {
        const rollout = new TimedRollout(
          Array.from({ length: FLEET }, (_, i) => `n${i}`),
          HEALTHY,
          { annotations: { 'everynode.io/creates-per-minute': String(perMinute) } },
        );
        const created = () => [...rollout.nodes.keys()].filter((node) => rollout.liveOn(node).length > 0).length;
        for (const seconds of kills) {
          rollout.pass(seconds);
          rollout.crash();
        }
        rollout.pass(30);
        const allowed = (rollout.seconds * perMinute) / 60;
        expect(created()).toBeLessThanOrEqual(1 + kills.length + Math.floor(allowed));
        // The controller of this model looks once a second.
        expect(created()).toBeGreaterThanOrEqual(Math.min(FLEET, Math.floor(30 / Math.ceil(60 / perMinute))));
        rollout.pass(400, () => rollout.isComplete);
        expect([rollout.isComplete, rollout.faults]).toEqual([true, []]);
      },
    );
    fc.assert(cases, propertyRuns(25));
  });
});

describe('zones of which nodes change', () => {
  const zones = ['z1', 'z2', 'z3'];
  const place = fc.tuple(fc.constantFrom(...NODES), fc.constantFrom(...zones, undefined));
  const moves = fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), place), { maxLength: 12 });

  it('are updated in their order as the labels are by then, within the budget, and all in the end', () => {
    const cases = fc.property(moves, fc.integer({ min: 1, max: 3 }), (list, maxUnavailable) => {
      const annotations = { 'everynode.io/topology-order': 'zone' };
      const rollout = new TimedRollout([], HEALTHY, { maxUnavailable, annotations });
      for (const [i, node] of NODES.entries()) rollout.join(node, { zone: zones[i % 3] ?? '' });
      completes(rollout);
      const revision = rollout.apply(HEALTHY);
      const zoneOf = (node: string) => rollout.nodes.get(node)?.labels.zone ?? '~';
      const isUpdated = (node: string) =>
        rollout.liveOn(node).some(({ metadata, status }) => {
          const isNew = metadata?.labels?.['controller-revision-hash'] === revision;
          return isNew && status?.conditions?.some(({ status: is }) => is === 'True');
        });
      const second = () => {
        const old = new Set(on(rollout, 'r1'));
        rollout.pass(1);
        for (const node of on(rollout, 'r1')) old.delete(node);
        // Nodes of which the update has begun in this second.
        for (const node of old) {
          const earlier = NODES.filter((other) => zoneOf(other) < zoneOf(node));
          expect(earlier.filter((other) => !isUpdated(other))).toEqual([]);
        }
      };
      for (const [seconds, [node, zone]] of list) {
        for (let i = 0; i < seconds; i += 1) second();
        const moved = rollout.nodes.get(node);
        if (moved) moved.labels = zone === undefined ? {} : { zone };
      }
      for (let i = 0; i < 120; i += 1) second();
      expect([rollout.isComplete, rollout.faults]).toEqual([true, []]);
    });
    fc.assert(cases, propertyRuns(40));
  });
});
