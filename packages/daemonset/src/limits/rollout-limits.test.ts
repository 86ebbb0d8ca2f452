import { describe, expect, it } from 'vitest';
import { NOW, type Place, places, rolloutCluster } from '../../fixtures/rollout-cluster.js';
import { decideRollout, zoneInTurn } from '../rollout/rollout-decision.js';

function rollout(
  annotations: Record<string, string>,
  described: Place[],
  maxUnavailable: number,
  now = NOW,
  maxSurge = 0,
) {
  const { daemonSet, ledger, permission } = rolloutCluster(annotations, described, { maxUnavailable, maxSurge, now });
  const { deletes, createOn } = decideRollout(ledger, daemonSet.spec?.updateStrategy, permission);
  return {
    updates: [...deletes.map(({ node }) => node), ...createOn],
    turn: zoneInTurn(ledger, permission),
    hold: permission.hold?.reason,
    recheck: [...ledger.nodes()].map(([, { recheckAtMs }]) => recheckAtMs).find((at) => at !== undefined),
  };
}

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

describe('canaries and partitions as a percentage', () => {
  it('are rounded up, as maxUnavailable', () => {
    const some = (percent: string) => ({ 'everynode.io/canary': percent });
    expect(rollout(some('1%'), places('abcde'), 5)).toMatchObject({ updates: ['a'], hold: 'Canary' });
    expect(rollout(some('40%'), places('abcde'), 5).updates).toEqual(['a', 'b']);
    expect(rollout(some('41%'), places('abcde'), 5).updates).toEqual(['a', 'b', 'c']);
    expect(rollout(some('40%'), places('cde', 'ab'), 5)).toMatchObject({ updates: [], hold: 'Canary' });
    expect(rollout(some('0%'), places('abc'), 5)).toMatchObject({ updates: [], hold: 'Canary' });
    const kept = (percent: string) => rollout({ 'everynode.io/partition': percent }, places('abcde'), 5).updates;
    expect(['0%', '20%', '21%', '100%'].map((percent) => kept(percent).length)).toEqual([5, 4, 3, 0]);
  });

  it('let the others follow when that many are proven', () => {
    const timed = { 'everynode.io/canary': '40%', 'everynode.io/canary-seconds': '30' };
    expect(rollout(timed, places('bcde', 'a'), 5)).toMatchObject({ updates: ['b'], hold: 'Canary' });
    expect(rollout(timed, places('cde', 'ab'), 5)).toMatchObject({ updates: ['c', 'd', 'e'], hold: undefined });
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

describe('zones', () => {
  const LABEL = 'topology.kubernetes.io/zone';
  const zoned = (...all: [zone: string, old: string, fresh?: string][]): Place[] =>
    all.flatMap(([zone, old, fresh]) =>
      places(old, fresh).map((place) => ({ ...place, labels: zone ? { [LABEL]: zone } : {} })),
    );
  const ordered = { 'everynode.io/topology-order': LABEL };

  it('are finished one after another, in the order of their names, nodes without one last', () => {
    expect(rollout(ordered, zoned(['', 'x'], ['z2', 'cd'], ['z1', 'ab']), 9)).toMatchObject({
      updates: ['a', 'b'],
      turn: 'z1',
    });
    expect(rollout(ordered, zoned(['', 'x'], ['z2', 'cd'], ['z1', '', 'ab']), 9).updates).toEqual(['c', 'd']);
    expect(rollout(ordered, zoned(['', 'x'], ['z2', '', 'cd'], ['z1', '', 'ab']), 9).updates).toEqual(['x']);
  });

  it('come in the order that the owner names', () => {
    const named = { 'everynode.io/topology-order': `${LABEL}=z3, z2` };
    const turns = zoned(['z1', 'a'], ['z2', 'b'], ['z3', 'c']);
    expect(rollout(named, turns, 9).updates).toEqual(['c']);
    expect(rollout(named, turns.slice(0, 2), 9).updates).toEqual(['b']);
  });

  it('wait for the one before until its new pods are available', () => {
    const [first, second] = zoned(['z1', '', 'a'], ['z2', 'b']);
    const state = [{ ...(first as Place), podReady: false }, second as Place];
    expect(rollout(ordered, state, 9)).toMatchObject({ updates: [], turn: 'z1' });
  });

  it('have a budget of their own, which a broken pod elsewhere does not use up', () => {
    const budget = { ...ordered, 'everynode.io/topology-budget': '50%' };
    const [broken, ...rest] = zoned(['z2', 'ef'], ['z1', 'abcd']);
    const state = [{ ...(broken as Place), podReady: false }, ...rest];
    expect(rollout(ordered, state, 1).updates).toEqual([]);
    expect(rollout(budget, state, 1).updates).toEqual(['a', 'b']);
    expect(rollout(budget, zoned(['z1', 'abcd']), 0, NOW, 1).updates).toEqual(['a', 'b']);
  });
});
