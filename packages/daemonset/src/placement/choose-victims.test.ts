import type { Pod, PodDisruptionBudget, PodSpec, Stored } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { chooseVictims, type OccupiedNode } from './choose-victims.js';
import { peersOf } from './cluster-view.js';
import { type PeerPod, peerOf } from './pod-affinity.js';

const spec = (cpu: string, priority: number, more: Partial<PodSpec> = {}): PodSpec => ({
  priority,
  containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }],
  ...more,
});

const stored = (name: string) => ({ name, namespace: 'default', uid: name, creationTimestamp: '2026-01-01T00:00:00Z' });

const pod = (name: string, cpu: string, priority: number): Stored<Pod> => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: stored(name),
  spec: spec(cpu, priority),
});

const node = (name: string, cpu: string, pods: Stored<Pod>[], claimed: OccupiedNode['claimed'] = []): OccupiedNode => ({
  node: {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: stored(name),
    spec: {},
    status: { allocatable: { cpu, pods: '10' } },
  },
  pods,
  claimed,
});

const chosen = (wanted: PodSpec, ...nodes: OccupiedNode[]) => {
  const found = chooseVictims(wanted, nodes);
  return found && [found.node, ...found.victims.map(({ metadata }) => metadata?.name)];
};

describe('taking the room of others', () => {
  it('ends no more pods than it must, the least important ones', () => {
    const pods = [pod('low', '1', 1), pod('lower', '1', 0), pod('high', '1', 50)];
    expect(chosen(spec('1', 10), node('a', '3', pods))).toEqual(['a', 'lower']);
    expect(chosen(spec('2', 10), node('a', '3', pods))).toEqual(['a', 'low', 'lower']);
  });

  it('leaves pods of the same or a higher priority alone', () => {
    expect(chosen(spec('1', 10), node('a', '1', [pod('same', '1', 10)]))).toBeUndefined();
    expect(chosen(spec('3', 100), node('a', '2', [pod('low', '1', 0)]))).toBeUndefined();
  });

  it('goes where the least important pods are, then where there are fewest', () => {
    const high = node('high', '2', [pod('h', '2', 5)]);
    const two = node('two', '2', [pod('t1', '1', 1), pod('t2', '1', 1)]);
    const one = node('one', '2', [pod('o', '2', 1)]);
    expect(chosen(spec('2', 10), high, two, one)).toEqual(['one', 'o']);
    expect(chosen(spec('2', 10), high, two)?.[0]).toBe('two');
  });

  it('minds disruption budgets, before priorities, and does not obey them', () => {
    const guarded = (name: string, priority: number): Stored<Pod> => ({
      ...pod(name, '1', priority),
      metadata: { ...stored(name), labels: { app: 'web' } },
    });
    const budget = (disruptionsAllowed: number): Stored<PodDisruptionBudget> => ({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: stored('web'),
      spec: { selector: { matchLabels: { app: 'web' } }, minAvailable: 1 },
      status: { disruptionsAllowed, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 },
    });
    const victims = (allowed: number, ...nodes: OccupiedNode[]) =>
      chooseVictims(spec('1', 10), nodes, [budget(allowed)])?.victims.map(({ metadata }) => metadata?.name);
    const mixed = node('a', '2', [guarded('web', 0), pod('free', '1', 5)]);
    expect(victims(0, mixed)).toEqual(['free']);
    expect(victims(1, mixed)).toEqual(['web']);
    expect(victims(0, node('a', '1', [guarded('web', 0)]), node('b', '1', [pod('free', '1', 5)]))).toEqual(['free']);
    expect(victims(0, node('a', '1', [guarded('web', 0)]))).toEqual(['web']);
  });

  it('is not for pods that never preempt, nor for nodes that would not do', () => {
    const full = node('a', '1', [pod('low', '1', 0)]);
    expect(chosen(spec('1', 10, { preemptionPolicy: 'Never' }), full)).toBeUndefined();
    expect(chosen(spec('1', 10, { nodeSelector: { disk: 'ssd' } }), full)).toBeUndefined();
  });

  it('counts the capacity that other pods have claimed', () => {
    const claimed = [{ spec: spec('1', 10) }];
    expect(chosen(spec('1', 10), node('a', '1', [pod('low', '1', 0)], claimed))).toBeUndefined();
  });
});

describe('preemption and the place of other pods', () => {
  const zoned = (name: string, ...pods: Stored<Pod>[]): OccupiedNode => {
    const made = node(name, '4', pods);
    return { ...made, node: { ...made.node, metadata: { ...made.node.metadata, labels: { zone: name } } } };
  };
  const labelled = (name: string, priority: number, more: Partial<PodSpec> = {}): Stored<Pod> => ({
    ...pod(name, '1', priority),
    metadata: { ...stored(name), labels: { app: 'a' } },
    spec: spec('1', priority, more),
  });
  const term = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'a' } } };
  const apart = { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } };
  const even = { topologySpreadConstraints: [{ ...term, maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' }] };

  const chosenFor = (wanted: Partial<PodSpec>, ...nodes: OccupiedNode[]) => {
    const one: PeerPod = { namespace: 'default', labels: { app: 'a' }, spec: spec('1', 10, wanted), isDeleting: false };
    const peers = peersOf(one, {
      nodes: () => nodes.map(({ node: where, pods }) => ({ node: where, peers: pods.map(peerOf) })),
      repelling: () => [],
      labelsOf: () => ({}),
      claimOf: () => undefined,
    });
    const found = chooseVictims(one.spec, nodes, [], peers);
    return found && [found.node, ...found.victims.map(({ metadata }) => metadata?.name)];
  };

  it('ends a pod that repels, though there is room', () => {
    expect(chosenFor(apart, zoned('x', labelled('low', 1), pod('plain', '1', 1)))).toEqual(['x', 'low']);
    expect(chosenFor(apart, zoned('x', labelled('high', 50), pod('plain', '1', 1)))).toBeUndefined();
  });

  it('ends a pod that is one too many in its zone', () => {
    const nodes = [zoned('x', labelled('a', 1), labelled('b', 2)), zoned('y', labelled('c', 50), labelled('d', 50))];
    expect(chosenFor(even, ...nodes)).toBeUndefined();
    expect(chosenFor(even, zoned('x', labelled('a', 1), labelled('b', 2)), zoned('y', labelled('c', 50)))).toEqual([
      'x',
      'a',
    ]);
  });
});
