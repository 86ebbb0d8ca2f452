import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TimedRollout } from '../../fixtures/timed-rollout.js';

/** Seconds; a node that is not heard for the grace period is NotReady. */
const DEADLINE = 60;
const GRACE = 40;
const LIMITS = {
  'everynode.io/progress-deadline-seconds': String(DEADLINE),
  'everynode.io/rollback-on-deadline': 'true',
};

const HOLDS: readonly [name: string, value: string][] = [
  ['paused', 'true'],
  ['frozen', 'true'],
  ['partition', '1'],
  ['partition', '50%'],
  ['canary', '1'],
  ['canary', '34%'],
  ['canary-seconds', '30'],
  ['creates-per-minute', '6'],
  ['skip-not-ready', 'true'],
];

/** A rollout under faults, and what is known of its revisions. */
class Faulty {
  readonly rollout: TimedRollout;
  /** Revisions whose pods are healthy: every pod is ready within half of the deadline while its node runs it. */
  readonly healthy = new Set(['r1']);
  readonly #unheardFor = new Map<string, number>();

  constructor(limits: { maxUnavailable: number; maxSurge: number }) {
    this.rollout = new TimedRollout(['a', 'b', 'c', 'd'], { readyAfter: 2 }, { ...limits, annotations: LIMITS });
    this.pass(30);
  }

  pass(seconds: number, until?: () => boolean): void {
    for (let i = 0; i < seconds; i += 1) {
      if (until?.()) return;
      this.#ageSilence();
      this.rollout.pass(1);
      this.check();
    }
  }

  check(): void {
    expect(this.rollout.faults).toEqual([]);
    expect(this.rollout.failed.filter((revision) => this.healthy.has(revision))).toEqual([]);
    const noted = this.rollout.annotations['everynode.io/failed-revision'] ?? '';
    expect(this.healthy.has(noted)).toBe(false);
  }

  applyHealthy(readyAfter: number, stopAfter = 1): void {
    this.healthy.add(this.rollout.apply({ readyAfter, stopAfter }));
  }

  setHeard(name: string, isHeard: boolean): void {
    const node = this.rollout.nodes.get(name);
    if (!node) return;
    this.#unheardFor.delete(name);
    node.isHeard = isHeard;
    if (isHeard) node.isReady = true;
  }

  /** Ends every fault and every hold. */
  heal(): void {
    const { rollout } = this;
    rollout.isBusUp = true;
    rollout.isServed = true;
    for (const name of rollout.nodes.keys()) this.setHeard(name, true);
    rollout.annotate(Object.fromEntries(HOLDS.map(([name]) => [`everynode.io/${name}`, undefined])));
    rollout.annotate({ 'everynode.io/failed-revision': undefined });
  }

  #ageSilence(): void {
    for (const [name, node] of this.rollout.nodes) {
      if (node.isHeard) continue;
      const seconds = (this.#unheardFor.get(name) ?? 0) + 1;
      this.#unheardFor.set(name, seconds);
      if (seconds >= GRACE) node.isReady = false;
    }
  }
}

type Edit = (model: Faulty) => void;
const aNode = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
const edits = fc.oneof<fc.Arbitrary<Edit>[]>(
  fc.integer({ min: 1, max: 40 }).map((seconds) => (model) => model.pass(seconds)),
  fc.integer({ min: 1, max: 40 }).map((seconds) => (model) => model.pass(seconds)),
  aNode.map((node) => ({ rollout }) => {
    if (!rollout.nodes.has(node)) rollout.join(node);
  }),
  aNode.map(
    (node) =>
      ({ rollout }) =>
        rollout.leave(node),
  ),
  aNode.map(
    (node) =>
      ({ rollout }) =>
        rollout.deletePod(node),
  ),
  aNode.map((node) => (model) => model.setHeard(node, false)),
  aNode.map((node) => (model) => model.setHeard(node, true)),
  fc.boolean().map((isUp) => ({ rollout }) => {
    rollout.isBusUp = isUp;
  }),
  // A scheduler that dies between any two of its writes, and one that takes over with a wrong clock.
  fc.integer({ min: 1, max: 4 }).map((writes) => ({ rollout }) => {
    if (rollout.isServed) rollout.reconcile(writes);
  }),
  fc.constantFrom(0, 600, -600).map((skew) => ({ rollout }) => {
    rollout.crash();
    rollout.skew = skew;
  }),
  fc.boolean().map((isServed) => ({ rollout }) => {
    if (!isServed) rollout.crash();
    rollout.isServed = isServed;
  }),
  fc.constantFrom(...HOLDS).map(
    ([name, value]) =>
      ({ rollout }) =>
        rollout.annotate({ [`everynode.io/${name}`]: value }),
  ),
  fc.constantFrom(...HOLDS).map(
    ([name]) =>
      ({ rollout }) =>
        rollout.annotate({ [`everynode.io/${name}`]: undefined }),
  ),
  fc.tuple(fc.integer({ min: 1, max: 25 }), fc.constantFrom(1, 20, 100)).map(
    ([readyAfter, stopAfter]): Edit =>
      (model) =>
        model.applyHealthy(readyAfter, stopAfter),
  ),
  fc.constantFrom({}, { failsAfter: 5 }, { unplaced: true }).map((bad) => ({ rollout }) => {
    rollout.apply(bad);
  }),
);

const strategies = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((maxUnavailable) => ({ maxUnavailable, maxSurge: 0 })),
  fc.integer({ min: 1, max: 3 }).map((maxSurge) => ({ maxUnavailable: 0, maxSurge })),
);

describe('a rollout with a deadline and a rollback, under faults and holds', () => {
  it('keeps to its budget, never blames a healthy revision, and completes when they end', () => {
    fc.assert(
      fc.property(strategies, fc.array(edits, { maxLength: 30 }), (limits, sequence) => {
        const model = new Faulty(limits);
        for (const edit of sequence) {
          edit(model);
          model.check();
        }
        model.heal();
        model.applyHealthy(10);
        const { rollout } = model;
        const isShown = () => rollout.nodes.size === 0 || rollout.condition('Progressing') === 'True RolloutComplete';
        model.pass(1);
        model.pass(2500, () => rollout.isComplete && isShown());
        expect(rollout.isComplete).toBe(true);
        expect(isShown()).toBe(true);
      }),
      propertyRuns(150),
    );
  });
});
