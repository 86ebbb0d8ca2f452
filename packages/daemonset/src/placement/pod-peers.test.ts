import type { Node } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import type { PeerPod } from './pod-affinity.js';
import { dependsOnPeers, PodPeers } from './pod-peers.js';

const node = (name: string, labels: Record<string, string> = {}, spec: object = {}): Node =>
  ({ metadata: { name, labels: { host: name, ...labels } }, spec }) as Node;
const peer = (app: string, spec: object = {}, rest: Partial<PeerPod> = {}): PeerPod => ({
  namespace: 'ns',
  labels: { app },
  spec: { containers: [], ...spec },
  isDeleting: false,
  ...rest,
});
const selecting = (app: string) => ({ matchLabels: { app } });
const term = (app: string, topologyKey = 'zone', rest: object = {}) => ({
  labelSelector: selecting(app),
  topologyKey,
  ...rest,
});
const near = (...terms: object[]) => ({
  affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const far = (...terms: object[]) => ({
  affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: terms } },
});
const spread = (rest: object = {}) => ({
  topologySpreadConstraints: [
    { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: selecting('a'), ...rest },
  ],
});
const labelsOf = (name: string) => ({ ns: { team: 'x' }, other: { team: 'y' } })[name];

const A = node('a1', { zone: 'a' });
const B = node('b1', { zone: 'b' });
const BARE = node('bare');

/** By node, what keeps the pod from it. */
function faults(pod: PeerPod, on: [Node, PeerPod[]][]) {
  const peers = new PodPeers(
    pod,
    on.map(([where, these]) => ({ node: where, peers: these })),
    labelsOf,
  );
  return on.map(([where]) => peers.fault(where));
}

const AFFINITY = "node(s) didn't match pod affinity rules";
const ANTI = "node(s) didn't match pod anti-affinity rules";
const EXISTING = "node(s) didn't satisfy existing pods anti-affinity rules";
const SPREAD = "node(s) didn't match pod topology spread constraints";

describe('pod affinity', () => {
  it.each<[string, PeerPod, PeerPod[], PeerPod[], (string | undefined)[]]>([
    ['nothing asked for', peer('a'), [], [], [undefined, undefined]],
    ['near a pod', peer('a', near(term('b'))), [peer('b')], [], [undefined, AFFINITY]],
    ['near a pod that is nowhere', peer('a', near(term('b'))), [], [], [AFFINITY, AFFINITY]],
    ['the first of a group', peer('a', near(term('a'))), [], [], [undefined, undefined]],
    ['the second of a group', peer('a', near(term('a'))), [], [peer('a')], [AFFINITY, undefined]],
    [
      'near a pod of another namespace',
      peer('a', near(term('b'))),
      [peer('b', {}, { namespace: 'other' })],
      [],
      [AFFINITY, AFFINITY],
    ],
    [
      'near a pod of a namespace that is named',
      peer('a', near(term('b', 'zone', { namespaces: ['other'] }))),
      [peer('b', {}, { namespace: 'other' })],
      [peer('b')],
      [undefined, AFFINITY],
    ],
    [
      'near a pod of a namespace that is selected',
      peer('a', near(term('b', 'zone', { namespaceSelector: { matchLabels: { team: 'y' } } }))),
      [peer('b', {}, { namespace: 'other' })],
      [peer('b')],
      [undefined, AFFINITY],
    ],
    [
      'near pods of any namespace',
      peer('a', near(term('b', 'zone', { namespaceSelector: {} }))),
      [peer('b', {}, { namespace: 'other' })],
      [],
      [undefined, AFFINITY],
    ],
    ['without a selector', peer('a', near({ topologyKey: 'zone' })), [peer('b')], [], [AFFINITY, AFFINITY]],
    [
      'near pods with the same value of a label',
      peer('a', near(term('b', 'zone', { matchLabelKeys: ['v'] })), { labels: { app: 'a', v: '1' } }),
      [peer('b', {}, { labels: { app: 'b', v: '2' } })],
      [peer('b', {}, { labels: { app: 'b', v: '1' } })],
      [AFFINITY, undefined],
    ],
    ['far from a pod', peer('a', far(term('b'))), [peer('b')], [], [ANTI, undefined]],
    [
      'far from its own kind',
      peer('a', far(term('a'))),
      [peer('a')],
      [peer('a', {}, { isDeleting: true })],
      [ANTI, ANTI],
    ],
    ['away from a pod that repels it', peer('a'), [peer('b', far(term('a')))], [], [EXISTING, undefined]],
  ])('%s', (_what, pod, onA, onB, expected) => {
    expect(
      faults(pod, [
        [A, onA],
        [B, onB],
      ]),
    ).toEqual(expected);
  });

  it('is not met on a node without the label', () => {
    expect(faults(peer('a', near(term('a'))), [[BARE, []]])).toEqual([AFFINITY]);
    expect(faults(peer('a', far(term('b'))), [[BARE, [peer('b')]]])).toEqual([undefined]);
  });
});

describe('topology spread', () => {
  const pods = (count: number) => Array.from({ length: count }, () => peer('a'));
  it.each<[string, PeerPod, [Node, PeerPod[]][], (string | undefined)[]]>([
    [
      'even',
      peer('a', spread()),
      [
        [A, pods(1)],
        [B, pods(1)],
      ],
      [undefined, undefined],
    ],
    [
      'one ahead',
      peer('a', spread()),
      [
        [A, pods(2)],
        [B, pods(1)],
      ],
      [SPREAD, undefined],
    ],
    [
      'a greater skew',
      peer('a', spread({ maxSkew: 2 })),
      [
        [A, pods(2)],
        [B, pods(1)],
      ],
      [undefined, undefined],
    ],
    [
      'an empty domain',
      peer('a', spread()),
      [
        [A, pods(1)],
        [B, []],
      ],
      [SPREAD, undefined],
    ],
    [
      'no label',
      peer('a', spread()),
      [
        [A, []],
        [BARE, []],
      ],
      [undefined, `${SPREAD} (missing required label)`],
    ],
    [
      'pods that end do not count',
      peer('a', spread()),
      [
        [A, [peer('a', {}, { isDeleting: true })]],
        [B, []],
      ],
      [undefined, undefined],
    ],
    [
      'pods of other namespaces neither',
      peer('a', spread()),
      [
        [A, [peer('a', {}, { namespace: 'other' })]],
        [B, []],
      ],
      [undefined, undefined],
    ],
    [
      'a pod that does not select itself',
      peer('z', spread()),
      [
        [A, pods(1)],
        [B, []],
      ],
      [undefined, undefined],
    ],
    [
      'too few domains',
      peer('a', spread({ minDomains: 3 })),
      [
        [A, pods(1)],
        [B, pods(1)],
      ],
      [SPREAD, SPREAD],
    ],
    [
      'only a preference',
      peer('a', spread({ whenUnsatisfiable: 'ScheduleAnyway' })),
      [
        [A, pods(5)],
        [B, []],
      ],
      [undefined, undefined],
    ],
    [
      'nodes that its selector leaves out',
      peer('a', { ...spread(), nodeSelector: { zone: 'a' } }),
      [
        [A, pods(3)],
        [B, []],
      ],
      [undefined, undefined],
    ],
    [
      'nodes that its selector leaves out, counted',
      peer('a', { ...spread({ nodeAffinityPolicy: 'Ignore' }), nodeSelector: { zone: 'a' } }),
      [
        [A, pods(3)],
        [B, []],
      ],
      [SPREAD, undefined],
    ],
  ])('%s', (_what, pod, on, expected) => {
    expect(faults(pod, on)).toEqual(expected);
  });
});

describe('topology spread with taints', () => {
  it('counts no node that the pod does not tolerate, where that is asked for', () => {
    const tainted = node('b1', { zone: 'b' }, { taints: [{ key: 't', effect: 'NoSchedule' }] });
    const on: [Node, PeerPod[]][] = [
      [A, [peer('a'), peer('a')]],
      [tainted, []],
    ];
    expect(faults(peer('a', spread()), on)[0]).toBe(SPREAD);
    expect(faults(peer('a', spread({ nodeTaintsPolicy: 'Honor' })), on)[0]).toBeUndefined();
  });
});

describe('the pods of a cluster', () => {
  it('can be taken away and put back, as preemption tries', () => {
    const other = peer('b');
    const peers = new PodPeers(peer('a', far(term('b'))), [{ node: A, peers: [other] }], labelsOf);
    expect(peers.fault(A)).toBe(ANTI);
    peers.take(other, A);
    expect(peers.fault(A)).toBeUndefined();
    peers.put(other, A);
    expect(peers.fault(A)).toBe(ANTI);
  });

  it('matter to a pod with terms, and to one that a pod repels', () => {
    expect(dependsOnPeers(peer('a'), [], labelsOf)).toBe(false);
    expect(dependsOnPeers(peer('a', near(term('b'))), [], labelsOf)).toBe(true);
    expect(dependsOnPeers(peer('a', spread()), [], labelsOf)).toBe(true);
    expect(dependsOnPeers(peer('a', spread({ whenUnsatisfiable: 'ScheduleAnyway' })), [], labelsOf)).toBe(false);
    expect(dependsOnPeers(peer('a'), [peer('b', far(term('a')))], labelsOf)).toBe(true);
    expect(dependsOnPeers(peer('a'), [peer('b', far(term('c')))], labelsOf)).toBe(false);
  });
});

describe('many domains', () => {
  it('are looked at once for all nodes', () => {
    const nodes = Array.from({ length: 20_000 }, (_, at): [Node, PeerPod[]] => [
      node(`n${at}`),
      at < 2 ? [peer('a')] : [],
    ]);
    const found = faults(peer('a', spread({ topologyKey: 'host' })), nodes);
    expect(found.slice(0, 3)).toEqual([SPREAD, SPREAD, undefined]);
    expect(found.filter((fault) => fault !== undefined)).toHaveLength(2);
  }, 10_000);
});
