import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { Node, Pod } from 'kubernetes-types/core/v1.js';
import { describe, expect, it } from 'vitest';
import { assessNode } from './assessment.js';
import { compileDaemonSet } from './eligibility.js';
import { RolloutLedger } from './rollout-ledger.js';
import { holdOf } from './rollout-policy.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');

interface Place {
  name: string;
  hash: 'old' | 'new';
  labels?: Record<string, string>;
  nodeReady?: boolean;
  podReady?: boolean;
  restarts?: number;
}

const nodeOf = ({ name, labels = {}, nodeReady = true }: Place): Node => ({
  metadata: { name, labels },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: nodeReady ? 'True' : 'Unknown' }] },
});

const podOf = ({ name, hash, nodeReady = true, podReady = nodeReady, restarts = 0 }: Place): Pod => ({
  metadata: { name, labels: { 'controller-revision-hash': hash } },
  spec: { nodeName: name, containers: [] },
  status: {
    phase: 'Running',
    conditions: [
      { type: 'Ready', status: podReady ? 'True' : 'False', lastTransitionTime: '2026-11-24T11:59:00Z' as never },
    ],
    containerStatuses: [{ name: 'c', ready: true, restartCount: restarts, image: '', imageID: '' }],
  },
});

function rollout(annotations: Record<string, string>, places: Place[], maxUnavailable: number, now = NOW) {
  const daemonSet: DaemonSet = {
    metadata: { name: 'd', annotations },
    spec: {
      selector: {},
      template: { spec: { containers: [] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable, maxSurge: 0 } },
    },
  };
  const compiled = compileDaemonSet(daemonSet);
  const ledger = new RolloutLedger();
  for (const place of places) {
    const state = { node: nodeOf(place), pods: [podOf(place)], currentHash: 'new', now };
    ledger.set(place.name, assessNode(compiled, state));
  }
  const { deletes } = ledger.decide(daemonSet.spec?.updateStrategy, compiled.limits);
  const recheck = [...ledger.nodes()].map(([, { recheckAtMs }]) => recheckAtMs).find((at) => at !== undefined);
  return {
    updates: deletes.map(({ node }) => node),
    hold: holdOf(daemonSet, ledger, compiled.limits)?.reason,
    recheck,
  };
}

const places = (old: string, fresh = ''): Place[] => [
  ...[...old].map((name): Place => ({ name, hash: 'old' })),
  ...[...fresh].map((name): Place => ({ name, hash: 'new' })),
];

describe('canaries', () => {
  it('are this many nodes, and no more until the annotation goes', () => {
    const two = { 'everynode.io/canary': '2' };
    expect(rollout(two, places('abcde'), 5)).toMatchObject({ updates: ['a', 'b'], hold: 'Canary' });
    expect(rollout(two, places('cde', 'ab'), 5)).toMatchObject({ updates: [], hold: 'Canary' });
    expect(rollout({}, places('cde', 'ab'), 5)).toMatchObject({ updates: ['c', 'd', 'e'], hold: undefined });
  });

  it('are the nodes of a selector', () => {
    const marked = places('abc').map((place) => ({
      ...place,
      labels: { ring: place.name === 'b' ? 'first' : 'late' },
    }));
    expect(rollout({ 'everynode.io/canary': 'ring=first' }, marked, 3).updates).toEqual(['b']);
    expect(rollout({ 'everynode.io/canary': 'ring in first' }, marked, 3)).toMatchObject({
      updates: [],
      hold: 'Canary',
    });
  });

  it('let the others follow when they have been available long enough without a restart', () => {
    const timed = { 'everynode.io/canary': '1', 'everynode.io/canary-seconds': '90' };
    const early = rollout(timed, places('bc', 'a'), 2);
    expect(early).toMatchObject({ updates: [], hold: 'Canary', recheck: NOW + 30_000 });
    expect(rollout(timed, places('bc', 'a'), 2, NOW + 30_000)).toMatchObject({ updates: ['b', 'c'], hold: undefined });
    const restarted = places('bc', 'a').map((place) => ({ ...place, restarts: place.name === 'a' ? 1 : 0 }));
    expect(rollout(timed, restarted, 2, NOW + 30_000)).toMatchObject({ updates: [], hold: 'Canary' });
  });
});

describe('restarts of the new revision', () => {
  it('stop the update when there are too many; those of the old one do not count', () => {
    const limit = { 'everynode.io/pause-after-restarts': '3' };
    const shaky = places('bc', 'a').map((place) => ({ ...place, restarts: place.name === 'a' ? 3 : 9 }));
    expect(rollout(limit, shaky, 3)).toMatchObject({ updates: [], hold: 'Restarts' });
    const steady = places('bc', 'a').map((place) => ({ ...place, restarts: place.name === 'a' ? 2 : 9 }));
    expect(rollout(limit, steady, 3)).toMatchObject({ updates: ['b', 'c'], hold: undefined });
  });
});

describe('nodes that are NotReady', () => {
  const skip = { 'everynode.io/skip-not-ready': 'true' };
  const lost: Place = { name: 'lost', hash: 'old', nodeReady: false };

  it('use up the budget, as upstream', () => {
    expect(rollout({}, [lost, ...places('ab')], 1).updates).toEqual(['lost']);
  });

  it('are left out of it where the owner says so, and updated when they are back', () => {
    expect(rollout(skip, [lost, ...places('ab')], 1).updates).toEqual(['a']);
    expect(rollout(skip, [{ ...lost, nodeReady: true }], 1).updates).toEqual(['lost']);
  });

  it('count when they turned NotReady after their update', () => {
    expect(rollout(skip, [{ ...lost, hash: 'new' }, ...places('ab')], 1).updates).toEqual([]);
  });
});
