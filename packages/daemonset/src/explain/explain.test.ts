import type { DaemonSet, Node, Pod } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { peerOf } from '../placement/pod-affinity.js';
import { describePreview, previewChange } from './change-preview.js';
import { explainDaemonSet } from './explain.js';

const node = (name: string, more: object = {}): Node => ({
  metadata: { name, labels: { disk: 'ssd' } },
  spec: {},
  status: { allocatable: { cpu: '1', pods: '10' } },
  ...more,
});

const daemonSet = (spec: object = {}, template: object = {}, annotations: Record<string, string> = {}): DaemonSet => ({
  metadata: { name: 'd', namespace: 'n', uid: 'u', annotations },
  spec: {
    selector: { matchLabels: { app: 'd' } },
    template: {
      metadata: { labels: { app: 'd' } },
      spec: { containers: [{ name: 'c', image: 'i', resources: { requests: { cpu: '500m' } } }], ...template },
    },
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    ...spec,
  },
});

const pod = (nodeName: string, hash = 'new', status: object = {}): Pod => ({
  metadata: { name: `d-${nodeName}`, labels: { app: 'd', 'controller-revision-hash': hash } },
  spec: { nodeName, containers: [] },
  status: {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-24T10:00:00Z' as never }],
    ...status,
  },
});

const explained = (set: DaemonSet, nodes: Node[], pods: Pod[], load: Pod[] = []) =>
  explainDaemonSet({
    daemonSet: set,
    nodes,
    podsByNode: new Map(pods.map((each) => [each.spec?.nodeName ?? '', [each]])),
    currentHash: 'new',
    now: Date.parse('2026-11-24T11:00:00Z'),
    loadOf: (each) => ({ node: each, pods: load }),
  }).map(({ node: name, outcome, reason }) => `${name} ${outcome}: ${reason}`);

describe('why a node runs a daemon pod', () => {
  it('names the term or the taint that keeps one away', () => {
    const tainted = { spec: { taints: [{ key: 'gpu', value: 'a', effect: 'NoSchedule' }] } };
    expect(explained(daemonSet({}, { nodeSelector: { disk: 'hdd' } }), [node('a')], [])).toEqual([
      'a none: the node does not match nodeSelector disk=hdd',
    ]);
    expect(explained(daemonSet(), [node('a', tainted), node('b', tainted)], [pod('b')])).toEqual([
      'a none: the taint gpu=a:NoSchedule is not tolerated',
      'b keep: the taint gpu=a:NoSchedule is not tolerated, but a pod that is there may stay',
    ]);
    const evicting = { spec: { taints: [{ key: 'gone', effect: 'NoExecute' }] } };
    expect(explained(daemonSet(), [node('a', evicting)], [pod('a')])).toEqual([
      'a delete: the taint gone:NoExecute is not tolerated',
    ]);
  });

  it('names the condition of a node that shuts down', () => {
    const at = '2026-11-24T10:30:00Z';
    const type = 'GracefulNodeShutdownInProgress';
    const ending = { status: { conditions: [{ type, status: 'True', lastTransitionTime: at }] } };
    const nodes = ['a', 'b', 'c'].map((name) => node(name, ending));
    const why = `the node is shutting down (its condition ${type} is True since ${at})`;
    const failed = pod('c', 'old', { phase: 'Failed' });
    for (const rollingUpdate of [
      { maxUnavailable: 1, maxSurge: 0 },
      { maxUnavailable: 0, maxSurge: 1 },
    ]) {
      const set = daemonSet({ updateStrategy: { type: 'RollingUpdate', rollingUpdate } });
      expect(explained(set, nodes, [pod('b', 'old'), failed])).toEqual([
        `a wait: ${why}, so no pod is created`,
        `b keep: ${why}, so its pod is left alone`,
        `c keep: ${why}, so its pod is left alone`,
      ]);
    }
    const elsewhere = daemonSet({}, { nodeSelector: { disk: 'hdd' } });
    expect(explained(elsewhere, nodes, [pod('b')])).toEqual([
      'a none: the node does not match nodeSelector disk=hdd',
      'b delete: the node does not match nodeSelector disk=hdd',
      'c none: the node does not match nodeSelector disk=hdd',
    ]);
  });

  it('foresees what is created, and where there is no room', () => {
    const full = [{ spec: { containers: [{ name: 'c', resources: { requests: { cpu: '800m' } } }] } } as Pod];
    expect(explained(daemonSet(), [node('a')], [])).toEqual(['a create: the node is eligible and has no pod']);
    expect(explained(daemonSet(), [node('a')], [], full)).toEqual([
      'a create: the node is eligible and has no pod; it will be Pending: Insufficient cpu',
    ]);
  });

  it('names the budget that an update waits for, and who uses it', () => {
    const nodes = ['a', 'b', 'c'].map((name) => node(name));
    const broken = pod('a', 'new', { conditions: [] });
    expect(explained(daemonSet(), nodes, [broken, pod('b', 'old'), pod('c', 'new')])).toEqual([
      'a keep: the new pod is not available yet, and counts against the budget',
      'b wait: an old revision waits: maxUnavailable 1 is used by a',
      'c keep: the current revision runs',
    ]);
    expect(explained(daemonSet(), nodes, [pod('a', 'old'), pod('b', 'old'), pod('c')])).toEqual([
      'a restart: an old revision, within the budget',
      'b wait: an old revision waits: maxUnavailable 1 is used up by nodes that go first',
      'c keep: the current revision runs',
    ]);
  });

  it.each([
    [
      daemonSet({ updateStrategy: { type: 'OnDelete' } }),
      'wait: an old revision stays until its pod is deleted (updateStrategy OnDelete)',
    ],
    [daemonSet({}, {}, { 'everynode.io/paused': 'true' }), 'wait: an old revision: everynode.io/paused holds updates'],
    [
      daemonSet({}, {}, { 'everynode.io/frozen': 'true' }),
      'wait: an old revision: everynode.io/frozen holds everything',
    ],
  ])('names what else holds an update', (set, expected) => {
    expect(explained(set, [node('a')], [pod('a', 'old')])).toEqual([`a ${expected}`]);
  });
});

describe('why a new pod will be Pending', () => {
  const far = {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'disk', labelSelector: { matchLabels: { app: 'other' } } },
      ],
    },
  };
  const other = { metadata: { name: 'o', namespace: 'n', labels: { app: 'other' } }, spec: { containers: [] } };
  const reasonFor = (template: object, load: Pod[] = []) =>
    explainDaemonSet({
      daemonSet: daemonSet({}, template),
      nodes: [node('a')],
      podsByNode: new Map(),
      currentHash: 'new',
      now: 0,
      loadOf: (each) => ({ node: each, pods: load }),
      view: {
        nodes: () => [{ node: node('a'), peers: load.map(peerOf) }],
        repelling: () => [],
        labelsOf: () => ({}),
        claimOf: (name) => (name === 'there' ? { isDeleting: false } : undefined),
      },
    })[0]?.reason;
  const claim = (claimName: string) => ({ volumes: [{ name: 'v', persistentVolumeClaim: { claimName } }] });
  const spread = {
    topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'rack', whenUnsatisfiable: 'DoNotSchedule' }],
  };
  const pending = 'the node is eligible and has no pod; it will be Pending: ';

  it.each([
    ['a pod that repels', { affinity: far }, [other], "node(s) didn't match pod anti-affinity rules"],
    ['nothing that repels', { affinity: far }, [], undefined],
    ['a gate', { schedulingGates: [{ name: 'g' }] }, [], 'Scheduling is blocked due to non-empty scheduling gates'],
    ['another scheduler', { schedulerName: 'mine' }, [], 'the scheduler mine places it'],
    ['a claim that is missing', claim('gone'), [], 'persistentvolumeclaim "gone" not found'],
    ['a claim that is there', claim('there'), [], undefined],
    [
      'a node without the label',
      spread,
      [],
      "node(s) didn't match pod topology spread constraints (missing required label)",
    ],
  ])('%s', (_what, template, load, reason) => {
    const without = 'the node is eligible and has no pod';
    expect(reasonFor(template, load)).toBe(reason === undefined ? without : `${pending}${reason}`);
  });
});

describe('what a change would do', () => {
  const nodes = [node('a'), node('b', { metadata: { name: 'b', labels: {} } }), node('c')];
  const pods = new Map([
    ['a', [pod('a')]],
    ['b', [pod('b')]],
  ]);

  it('is told by node', () => {
    const after = daemonSet({}, { nodeSelector: { disk: 'ssd' } });
    const preview = previewChange(daemonSet(), after, nodes, pods, false);
    expect(preview).toEqual({ gain: ['c'], lose: ['b'], restart: ['a'] });
    expect(describePreview(preview)).toBe(
      'this would start a pod on 1 node (c); end the pod on 1 node (b); restart the pod on 1 node (a)',
    );
  });

  it('is nothing when pods stay as they are', () => {
    expect(describePreview(previewChange(daemonSet(), daemonSet(), nodes.slice(0, 2), pods, true))).toBeUndefined();
  });
});
