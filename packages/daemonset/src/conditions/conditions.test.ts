import type { DaemonSetStatus } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { CURRENT_HASH, NOW, type Place, rolloutCluster } from '../../fixtures/rollout-cluster.js';
import { type ConditionView, conditionsFor, deadlineAt } from './conditions.js';
import { noteProgress } from './progress.js';

const at = (ms: number): string => new Date(ms).toISOString();

function viewOf(
  annotations: Record<string, string>,
  described: Record<string, Omit<Place, 'name'>>,
  progressAt = NOW,
): ConditionView {
  const all = Object.entries(described).map(([name, place]) => ({ name, ...place }));
  const { daemonSet, compiled, ledger } = rolloutCluster(annotations, all);
  return { daemonSet, limits: compiled.limits, ledger, currentHash: CURRENT_HASH, progressAt, now: NOW };
}

const told = (view: ConditionView, stored?: DaemonSetStatus) =>
  Object.fromEntries(
    (conditionsFor(view, stored, at) ?? []).map(({ type, status, reason, message }) => [
      type,
      `${status} ${reason}: ${message}`,
    ]),
  );

const ASKED = { 'everynode.io/conditions': 'true' };

describe('conditions', () => {
  it('are not there without an annotation of ours, and those of others stay', () => {
    const foreign = [
      { type: 'Other', status: 'True' },
      { type: 'Progressing', status: 'True', reason: 'Theirs' },
    ];
    const stored = { conditions: [...foreign, { type: 'Degraded', status: 'True', reason: 'PodFailing' }] };
    const plain = viewOf({}, { a: { hash: 'new' } });
    expect(conditionsFor(plain, undefined, at)).toBeUndefined();
    expect(conditionsFor(plain, stored as DaemonSetStatus, at)).toEqual(foreign);
  });

  it('say how far a rollout is, what it waits for, and why', () => {
    const view = viewOf(ASKED, {
      a: { hash: 'new', podReady: false, waiting: 'CrashLoopBackOff' },
      b: { hash: 'old' },
    });
    expect(told(view)).toEqual({
      Progressing:
        'True RolloutProgressing: 0 of 2 nodes have the newest revision and are available; waiting for a (container main: CrashLoopBackOff)',
      Degraded: 'True PodFailing: 1 of 2 nodes have no available pod: a (container main: CrashLoopBackOff)',
    });
  });

  it('tell nodes that are gone from a revision that is bad, and a pod on its way from either', () => {
    expect(told(viewOf(ASKED, { a: { hash: 'new', podReady: false, nodeReady: false } })).Degraded).toBe(
      'True NodeNotReady: 1 of 1 nodes have no available pod: a (the node is NotReady)',
    );
    expect(told(viewOf(ASKED, { a: { hash: 'new', podReady: false } })).Degraded).toMatch(/^False AsExpected/);
    expect(told(viewOf(ASKED, { a: { hash: 'new' } })).Progressing).toMatch(/^True RolloutComplete/);
  });

  it('say that a rollout is stuck when its deadline has passed, and not before', () => {
    const limit = { 'everynode.io/progress-deadline-seconds': '60' };
    const stuck = { a: { hash: 'new', podReady: false }, b: { hash: 'old' } } as const;
    expect(told(viewOf(limit, stuck, NOW - 59_000)).Progressing).toMatch(/^True RolloutProgressing/);
    expect(deadlineAt(viewOf(limit, stuck, NOW - 59_000))).toBe(NOW + 1000);
    expect(told(viewOf(limit, stuck, NOW - 60_000)).Progressing).toMatch(
      /^False ProgressDeadlineExceeded: no progress in 60 s/,
    );
    const held = { ...limit, 'everynode.io/paused': 'true' };
    expect(told(viewOf(held, stuck, NOW - 60_000)).Progressing).toMatch(/^Unknown Paused/);
    expect(deadlineAt(viewOf(held, stuck))).toBeUndefined();
  });

  it('hold a canary that is stuck to the deadline, and wait for the owner when it is done', () => {
    const canary = { 'everynode.io/canary': '1', 'everynode.io/progress-deadline-seconds': '60' };
    const stuck = viewOf(canary, { a: { hash: 'new', podReady: false }, b: { hash: 'old' } }, NOW - 60_000);
    expect(told(stuck).Progressing).toMatch(/^False ProgressDeadlineExceeded/);
    const done = viewOf(canary, { a: { hash: 'new' }, b: { hash: 'old' } }, NOW - 60_000);
    expect(told(done).Progressing).toMatch(/^Unknown Canary/);
  });
});

describe('progress', () => {
  const stored = { status: undefined, generation: 2 };

  it('is a new best alone: pods that come and go are none', () => {
    const start = noteProgress(undefined, 'new', 3, 0, stored);
    const fallen = noteProgress(start, 'new', 2, 10, stored);
    expect(noteProgress(fallen, 'new', 3, 20, stored).at).toBe(0);
    expect(noteProgress(fallen, 'new', 4, 20, stored).at).toBe(20);
    expect(noteProgress(fallen, 'newer', 0, 30, stored)).toEqual({ hash: 'newer', settled: 0, at: 30 });
  });

  it('goes on from the stored time when another replica takes over, of the same generation', () => {
    const condition = {
      type: 'Progressing',
      status: 'True',
      reason: 'RolloutProgressing',
      lastTransitionTime: at(NOW),
    };
    const status = { observedGeneration: 2, conditions: [condition] } as unknown as DaemonSetStatus;
    expect(noteProgress(undefined, 'new', 3, NOW + 5000, { status, generation: 2 }).at).toBe(NOW);
    expect(noteProgress(undefined, 'new', 3, NOW + 5000, { status, generation: 3 }).at).toBe(NOW + 5000);
  });
});
