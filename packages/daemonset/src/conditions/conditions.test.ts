import type { DaemonSetStatus } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { CURRENT_HASH, NOW, type Place, progressSince, rolloutCluster } from '../../fixtures/rollout-cluster.js';
import { type ConditionView, conditionsFor } from './conditions.js';
import { storedProgress } from './progress.js';

const at = (ms: number): string => new Date(ms).toISOString();

function viewOf(
  annotations: Record<string, string>,
  described: Record<string, Omit<Place, 'name'>>,
  progressAt = NOW,
): ConditionView {
  const all = Object.entries(described).map(([name, place]) => ({ name, ...place }));
  const { daemonSet, compiled, ledger } = rolloutCluster(annotations, all);
  const { limits } = compiled;
  const progress = progressSince(progressAt, limits.deadlineMs);
  return { daemonSet, limits, ledger, currentHash: CURRENT_HASH, progress, now: NOW };
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
    expect(told(viewOf(limit, stuck, NOW - 60_000)).Progressing).toMatch(
      /^False ProgressDeadlineExceeded: no progress in 60 s/,
    );
    const held = { ...limit, 'everynode.io/paused': 'true' };
    expect(told(viewOf(held, stuck, NOW - 60_000)).Progressing).toMatch(/^Unknown Paused/);
  });

  it('hold a canary that is stuck to the deadline, and wait for the owner when it is done', () => {
    const canary = { 'everynode.io/canary': '1', 'everynode.io/progress-deadline-seconds': '60' };
    const stuck = viewOf(canary, { a: { hash: 'new', podReady: false }, b: { hash: 'old' } }, NOW - 60_000);
    expect(told(stuck).Progressing).toMatch(/^False ProgressDeadlineExceeded/);
    const done = viewOf(canary, { a: { hash: 'new' }, b: { hash: 'old' } }, NOW - 60_000);
    expect(told(done).Progressing).toMatch(/^Unknown Canary/);
  });
});

describe('what the status shows of a rollout', () => {
  const now = { wall: NOW + 5000, steady: 100_000 };
  const shown = (reason: string, since: number, generation = 2) => {
    const condition = { type: 'Progressing', status: 'True', reason, lastTransitionTime: at(since) };
    const status = { observedGeneration: 2, conditions: [condition] } as unknown as DaemonSetStatus;
    return storedProgress(status, generation, now, 60_000);
  };

  it('is the time from which another replica goes on, when it is about the same generation', () => {
    expect(shown('RolloutProgressing', NOW)).toEqual({
      isComplete: false,
      isExceeded: false,
      at: { wall: NOW, steady: 95_000 },
    });
    expect(shown('RolloutProgressing', NOW, 3)).toBeUndefined();
    expect(shown('RolloutComplete', NOW)).toMatchObject({ isComplete: true });
    expect(shown('Paused', NOW)).toBeUndefined();
    expect(storedProgress(undefined, undefined, now, 60_000)).toBeUndefined();
  });

  it('is the begin of the deadline once that has passed', () => {
    expect(shown('ProgressDeadlineExceeded', NOW)).toMatchObject({ isExceeded: true, at: { wall: NOW - 60_000 } });
  });

  it('is not in the future, whatever the clock of the other replica', () => {
    expect(shown('RolloutProgressing', NOW + 600_000)?.at).toEqual(now);
  });
});
