import { describe, expect, it } from 'vitest';
import { NODES, SampleCluster } from '../../fixtures/sample-cluster.js';
import { checkRollouts } from './check-rollouts.js';
import { ClusterReplay } from './cluster-replay.js';
import { unsteadiness } from './steady-state.js';

const found = ({ history }: SampleCluster): string[] => checkRollouts(history).map(({ check }) => check);

describe('checkRollouts', () => {
  it('accepts a rollout of one node after the other', () => {
    const cluster = new SampleCluster();
    for (const node of NODES) {
      cluster.pod(`old-${node}`, node, 'old', { deleting: true });
      cluster.pod(`old-${node}`, node, 'old', { deleting: true, ready: false }, true);
      cluster.pod(`new-${node}`, node, 'new', { ready: false });
      cluster.pod(`new-${node}`, node, 'new');
    }
    expect(found(cluster)).toEqual([]);
  });

  it('finds more nodes down by the rollout than maxUnavailable', () => {
    const cluster = new SampleCluster();
    for (const node of ['n1', 'n2']) cluster.pod(`old-${node}`, node, 'old', { deleting: true });
    expect(found(cluster)).toEqual(['rollout-unavailable']);
  });

  it('finds healthy pods of the newest template that are deleted beyond maxUnavailable', () => {
    const cluster = new SampleCluster();
    for (const node of NODES) {
      cluster.pod(`old-${node}`, node, 'old', { deleting: true }, true);
      cluster.pod(`new-${node}`, node, 'new');
    }
    cluster.pod('new-n1', 'n1', 'new', { deleting: true });
    expect(found(cluster)).toEqual([]);
    cluster.pod('new-n2', 'n2', 'new', {}, true);
    expect(found(cluster)).toEqual(['rollout-unavailable']);
  });

  it('finds a pod that comes to a node that is not eligible, or of a DaemonSet that is not there', () => {
    const cluster = new SampleCluster({ nodeSelector: { flip: 'on' } });
    cluster.node('n1', { flip: 'off' });
    cluster.pod('old-n1', 'n1', 'old', {}, true);
    cluster.pod('hasty', 'n1', 'new');
    cluster.pod('hasty', 'n1', 'new', {}, true);
    expect(found(cluster)).toEqual([]);
    cluster.value('a', 'meanwhile');
    cluster.pod('stray', 'n1', 'new');
    expect(found(cluster)).toEqual(['rollout-stray']);
    const gone = new SampleCluster();
    gone.endDaemonSet();
    gone.pod('late', 'n5', 'new');
    expect(found(gone)).toEqual([]);
    for (let more = 0; more < 5; more += 1) gone.value('a', `again ${more}`);
    gone.pod('too-late', 'n6', 'new');
    expect(found(gone)).toEqual(['rollout-stray']);
  });

  it('does not count what failed by itself or was relabelled', () => {
    const cluster = new SampleCluster({ nodeSelector: { flip: 'on' } });
    for (const node of NODES) cluster.node(node, { flip: 'on' });
    cluster.pod('old-n1', 'n1', 'old', { ready: false });
    cluster.pod('old-n1', 'n1', 'old', { ready: false, deleting: true });
    cluster.node('n2', { flip: 'off' });
    cluster.pod('old-n2', 'n2', 'old', { deleting: true });
    cluster.pod('old-n3', 'n3', 'old', { deleting: true });
    expect(found(cluster)).toEqual([]);
  });

  it('does not count a node that is relabelled while it is down', () => {
    const cluster = new SampleCluster({ nodeSelector: { flip: 'on' } });
    for (const node of NODES) cluster.node(node, { flip: 'on' });
    for (let more = 0; more < 10; more += 1) cluster.value('a', `again ${more}`);
    cluster.pod('old-n1', 'n1', 'old', { deleting: true });
    cluster.node('n1', { flip: 'off' });
    cluster.pod('old-n2', 'n2', 'old', { deleting: true });
    expect(found(cluster)).toEqual([]);
    cluster.pod('old-n3', 'n3', 'old', { deleting: true });
    expect(found(cluster)).toEqual(['rollout-unavailable']);
  });

  it('finds a second live pod on a node', () => {
    const cluster = new SampleCluster();
    cluster.pod('old-too', 'n1', 'old', { ready: false });
    cluster.pod('new-too', 'n2', 'new', { ready: false });
    expect(found(cluster)).toEqual(['rollout-twins', 'rollout-twins']);
  });

  it('accepts a surge within maxSurge, and finds more', () => {
    const cluster = new SampleCluster({ maxUnavailable: '0', maxSurge: '50%' });
    for (const node of ['n1', 'n2']) cluster.pod(`new-${node}`, node, 'new', { ready: false });
    expect(found(cluster)).toEqual([]);
    cluster.pod('new-n3', 'n3', 'new', { ready: false });
    expect(found(cluster)).toEqual(['rollout-surge']);
  });

  it('finds two live pods of one template under surge', () => {
    const cluster = new SampleCluster({ maxUnavailable: '0', maxSurge: '2' });
    cluster.pod('new-n1', 'n1', 'new', { ready: false });
    cluster.pod('new-n1-too', 'n1', 'new', { ready: false });
    expect(found(cluster)).toEqual(['rollout-twins']);
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
    ['which does not exist', (cluster) => cluster.endDaemonSet()],
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
