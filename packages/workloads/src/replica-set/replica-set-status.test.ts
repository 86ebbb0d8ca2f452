import type { Pod, ReplicaSet } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { manageReplicas } from './manage-replicas.js';
import { nextAvailableInMs, replicaSetStatus } from './replica-set-status.js';

const MOMENT = { now: Date.parse('2026-01-01T00:00:10Z'), at: '2026-01-01T00:00:10Z' };

const replicaSet = (replicas: number, extra: Partial<ReplicaSet> = {}): ReplicaSet => ({
  metadata: { name: 'rs', uid: 'rs', generation: 7 },
  spec: {
    replicas,
    minReadySeconds: 5,
    selector: { matchLabels: { app: 'x' } },
    template: { metadata: { labels: { app: 'x', tier: 'y' } } },
  },
  ...extra,
});

const pod = (labels: Record<string, string>, readyAt?: string, metadata: object = {}): Pod => ({
  metadata: { labels, ...metadata },
  status: {
    phase: 'Running',
    conditions: readyAt === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: readyAt }],
  },
});

const FULL = { app: 'x', tier: 'y' };

describe('the status of a ReplicaSet', () => {
  it('counts its pods', () => {
    const pods = [
      pod(FULL, '2026-01-01T00:00:00Z'),
      pod(FULL, '2026-01-01T00:00:08Z'),
      pod({ app: 'x' }),
      pod(FULL, '2026-01-01T00:00:00Z', { deletionTimestamp: '2026-01-01T00:00:09Z' }),
      { metadata: { labels: FULL }, status: { phase: 'Failed' } },
    ];
    expect(replicaSetStatus(replicaSet(3), pods, undefined, MOMENT)).toEqual({
      replicas: 3,
      fullyLabeledReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 1,
      terminatingReplicas: 1,
      observedGeneration: 7,
    });
    expect(nextAvailableInMs(pods, 5, MOMENT.now)).toBe(3000);
  });

  it('tells a failure once, and no longer than it lasts', () => {
    const failure = { reason: 'FailedCreate', message: 'no' } as const;
    const failed = replicaSetStatus(replicaSet(1), [], failure, MOMENT);
    const told = { type: 'ReplicaFailure', status: 'True', lastTransitionTime: MOMENT.at, ...failure };
    expect(failed.conditions).toEqual([told]);
    const later = replicaSetStatus(replicaSet(1, { status: failed }), [], { ...failure, message: 'other' }, MOMENT);
    expect(later.conditions).toEqual([told]);
    expect(replicaSetStatus(replicaSet(1, { status: failed }), [], undefined, MOMENT).conditions).toBeUndefined();
  });
});

describe('a ReplicaSet', () => {
  it.each<[what: string, set: ReplicaSet, pods: number, create: number, deletes: number]>([
    ['creates what is missing', replicaSet(3), 1, 2, 0],
    ['deletes what is too much', replicaSet(1), 3, 0, 2],
    ['makes 500 at once at most', replicaSet(900), 0, 500, 0],
    ['does nothing while it is deleted', replicaSet(3, { metadata: { deletionTimestamp: 'x' } }), 0, 0, 0],
  ])('%s', (_what, set, pods, create, deletes) => {
    const owned = Array.from({ length: pods }, () => pod(FULL));
    const actions = manageReplicas(set, owned, () => owned, MOMENT.now);
    expect([actions.create, actions.deletes.length]).toEqual([create, deletes]);
  });
});
