import type { Pod } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { podsToDelete } from './rank-for-deletion.js';

const NOW = Date.parse('2026-01-02T00:00:00Z');

interface Facts {
  node?: string;
  phase?: string;
  readyAt?: string;
  cost?: string;
  restarts?: number;
  createdAt?: string;
}

const pod = (uid: string, facts: Facts): Pod => {
  const { node = 'a', phase = 'Running', readyAt, cost, restarts = 0, createdAt = '2026-01-01T00:00:00Z' } = facts;
  const name = 'c';
  return {
    metadata: {
      uid,
      creationTimestamp: createdAt,
      ...(cost !== undefined && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { containers: [], ...(node && { nodeName: node }) },
    status: {
      phase,
      conditions: readyAt === undefined ? [] : [{ type: 'Ready', status: 'True', lastTransitionTime: readyAt }],
      containerStatuses: [{ name, image: '', imageID: '', ready: true, restartCount: restarts }],
    },
  };
};

const READY = { readyAt: '2026-01-01T00:00:00Z' };

describe('of two pods the workload loses first', () => {
  it.each<[what: string, first: Facts, second: Facts]>([
    ['one without a node', { node: '', ...READY }, { phase: 'Pending' }],
    ['one that is pending', { phase: 'Pending', ...READY }, {}],
    ['one in an unknown phase', { phase: 'Unknown' }, {}],
    ['one that is not ready', {}, READY],
    ['the cheaper one', { ...READY, cost: '-5' }, READY],
    [
      'the cheaper one, though it is ready for longer',
      { readyAt: '2025-01-01T00:00:00Z', cost: '1' },
      { ...READY, cost: '2' },
    ],
    ['one that has been ready for a shorter time', { readyAt: '2026-01-01T23:59:00Z' }, READY],
    ['one that was restarted more often', { restarts: 2 }, { restarts: 1 }],
    ['the younger one', { createdAt: '2026-01-01T23:59:00Z' }, {}],
    ['a cost that cannot be read is none', { ...READY, cost: '-1' }, { ...READY, cost: '+7' }],
  ])('%s', (_what, first, second) => {
    const pods = [pod('2', second), pod('1', first)];
    expect(podsToDelete(pods, pods, 1, NOW).map(({ metadata }) => metadata?.uid)).toEqual(['1']);
  });

  it('one on a node with more pods of the Deployment', () => {
    const own = [pod('1', { node: 'a', ...READY }), pod('2', { node: 'b', ...READY })];
    const related = [...own, pod('3', { node: 'b', ...READY })];
    expect(podsToDelete(own, related, 1, NOW).map(({ metadata }) => metadata?.uid)).toEqual(['2']);
  });
});
