import { describe, expect, it } from 'vitest';
import { SampleJournal } from '../../fixtures/sample.js';
import type { DaemonSetFacts, PodFacts } from '../history.js';
import { checkRollouts } from './check-rollouts.js';
import { ClusterReplay } from './cluster-replay.js';
import { unsteadiness } from './steady-state.js';

const NODES = ['n1', 'n2', 'n3', 'n4'];
const OWNER = 'uid of daemonsets.apps faults/ds';

const counts = (count: number) => ({
  generation: 1,
  desired: count,
  current: count,
  updated: count,
  ready: count,
  available: count,
  misscheduled: 0,
});

const daemonSet = (more: Partial<DaemonSetFacts> = {}): DaemonSetFacts => ({
  nodeSelector: {},
  maxUnavailable: '1',
  maxSurge: '0',
  generation: 1,
  deleting: false,
  rolling: true,
  status: counts(NODES.length),
  ...more,
});

/** Four nodes, a DaemonSet of template `old`, and a ready pod on each. */
class SampleCluster extends SampleJournal {
  constructor(more: Partial<DaemonSetFacts> = {}) {
    super();
    for (const node of NODES) this.node(node);
    this.change('daemonsets.apps', 'faults/ds', { daemonSet: daemonSet(more) });
    this.template('old', 1);
    for (const node of NODES) this.pod(`old-${node}`, node, 'old');
    // So that nothing of this is recent.
    for (let more = 0; more < 10; more += 1) this.value('a', String(more));
    this.template('new', 2);
  }

  node(name: string, labels: Record<string, string> = {}): void {
    this.change('nodes', `/${name}`, { labels, node: { ready: true, unschedulable: false, taints: [] } });
  }

  template(hash: string, number: number): void {
    this.change('controllerrevisions.apps', `faults/${hash}`, { template: { owner: OWNER, number, hash } });
  }

  pod(name: string, node: string, hash: string, more: Partial<PodFacts> = {}, isDeletion = false): void {
    const pod = { owner: OWNER, node, hash, deleting: false, finished: false, ready: true, ...more };
    this.change('pods', `faults/${name}`, { pod }, isDeletion);
  }

  get found(): string[] {
    return checkRollouts(this.history).map(({ check }) => check);
  }
}

describe('checkRollouts', () => {
  it('accepts a rollout of one node after the other', () => {
    const cluster = new SampleCluster();
    for (const node of NODES) {
      cluster.pod(`old-${node}`, node, 'old', { deleting: true });
      cluster.pod(`old-${node}`, node, 'old', { deleting: true, ready: false }, true);
      cluster.pod(`new-${node}`, node, 'new', { ready: false });
      cluster.pod(`new-${node}`, node, 'new');
    }
    expect(cluster.found).toEqual([]);
  });

  it('finds more nodes down by the rollout than maxUnavailable', () => {
    const cluster = new SampleCluster();
    for (const node of ['n1', 'n2']) cluster.pod(`old-${node}`, node, 'old', { deleting: true });
    expect(cluster.found).toEqual(['rollout-unavailable']);
  });

  it('does not count what failed by itself, was relabelled or is of the newest template', () => {
    const cluster = new SampleCluster({ nodeSelector: { flip: 'on' } });
    for (const node of NODES) cluster.node(node, { flip: 'on' });
    cluster.pod('old-n1', 'n1', 'old', { ready: false });
    cluster.pod('old-n1', 'n1', 'old', { ready: false, deleting: true });
    cluster.node('n2', { flip: 'off' });
    cluster.pod('old-n2', 'n2', 'old', { deleting: true });
    cluster.pod('old-n3', 'n3', 'old', { deleting: true });
    expect(cluster.found).toEqual([]);
  });

  it('does not count a node that is relabelled while it is down', () => {
    const cluster = new SampleCluster({ nodeSelector: { flip: 'on' } });
    for (const node of NODES) cluster.node(node, { flip: 'on' });
    for (let more = 0; more < 10; more += 1) cluster.value('a', `again ${more}`);
    cluster.pod('old-n1', 'n1', 'old', { deleting: true });
    cluster.node('n1', { flip: 'off' });
    cluster.pod('old-n2', 'n2', 'old', { deleting: true });
    expect(cluster.found).toEqual([]);
    cluster.pod('old-n3', 'n3', 'old', { deleting: true });
    expect(cluster.found).toEqual(['rollout-unavailable']);
  });

  it('finds a second live pod on a node', () => {
    const cluster = new SampleCluster();
    cluster.pod('old-too', 'n1', 'old', { ready: false });
    cluster.pod('new-too', 'n2', 'new', { ready: false });
    expect(cluster.found).toEqual(['rollout-twins', 'rollout-twins']);
  });

  it('accepts a surge within maxSurge, and finds more', () => {
    const cluster = new SampleCluster({ maxUnavailable: '0', maxSurge: '50%' });
    for (const node of ['n1', 'n2']) cluster.pod(`new-${node}`, node, 'new', { ready: false });
    expect(cluster.found).toEqual([]);
    cluster.pod('new-n3', 'n3', 'new', { ready: false });
    expect(cluster.found).toEqual(['rollout-surge']);
  });

  it('finds two live pods of one template under surge', () => {
    const cluster = new SampleCluster({ maxUnavailable: '0', maxSurge: '2' });
    cluster.pod('new-n1', 'n1', 'new', { ready: false });
    cluster.pod('new-n1-too', 'n1', 'new', { ready: false });
    expect(cluster.found).toEqual(['rollout-twins']);
  });
});

describe('unsteadiness', () => {
  function troubleOf(act: (cluster: SampleCluster) => void): string | undefined {
    const cluster = new SampleCluster();
    cluster.template('old', 3);
    act(cluster);
    const replay = new ClusterReplay();
    for (const entry of cluster.history) if (entry.entry === 'change') replay.apply(entry);
    return unsteadiness(replay);
  }

  it('finds nothing where every eligible node has its pod and the status counts them', () => {
    expect(troubleOf(() => undefined)).toBeUndefined();
  });

  it.each<[string, (cluster: SampleCluster) => void]>([
    ['0 live pods on n1', (cluster) => cluster.pod('old-n1', 'n1', 'old', {}, true)],
    ['2 live pods on n1', (cluster) => cluster.pod('more', 'n1', 'old')],
    ['is not ready', (cluster) => cluster.pod('old-n2', 'n2', 'old', { ready: false })],
    ['is of the template old', (cluster) => cluster.template('newer', 4)],
    ['which is not eligible', (cluster) => cluster.pod('lost', 'n9', 'old')],
    [
      'its status has desired 4 in place of 5',
      (cluster) => {
        cluster.node('n5');
        cluster.pod('old-n5', 'n5', 'old');
      },
    ],
  ])('finds: %s', (expected, act) => {
    expect(troubleOf(act)).toContain(expected);
  });
});
