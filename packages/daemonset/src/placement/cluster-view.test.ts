import type { Node, PodSpec } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClusterView, peersOf } from './cluster-view.js';
import type { PeerPod } from './pod-affinity.js';
import type { PeerNode } from './pod-peers.js';

const app = fc.constantFrom('a', 'b');
const topologyKey = fc.constantFrom('host', 'zone');
const term = fc.record({ labelSelector: app.map((name) => ({ matchLabels: { app: name } })), topologyKey });
const terms = fc.array(term, { maxLength: 2 });
const required = (list: object[]) => ({ requiredDuringSchedulingIgnoredDuringExecution: list });
const spread = fc.record({
  maxSkew: fc.constantFrom(1, 2),
  topologyKey,
  whenUnsatisfiable: fc.constant('DoNotSchedule'),
  labelSelector: app.map((name) => ({ matchLabels: { app: name } })),
  nodeAffinityPolicy: fc.constantFrom('Honor', 'Ignore'),
});
const peer: fc.Arbitrary<PeerPod> = fc
  .record({ app, near: terms, far: terms, spreads: fc.array(spread, { maxLength: 2 }) })
  .map(({ app: name, near, far, spreads }) => ({
    namespace: 'ns',
    labels: { app: name },
    spec: {
      containers: [],
      affinity: { podAffinity: required(near), podAntiAffinity: required(far) },
      topologySpreadConstraints: spreads,
    } as unknown as PodSpec,
    isDeleting: false,
  }));
const cluster: fc.Arbitrary<PeerNode[]> = fc
  .array(fc.record({ zone: fc.option(fc.constantFrom('x', 'y')), peers: fc.array(peer, { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 5,
  })
  .map((nodes) =>
    nodes.map(({ zone, peers }, at) => ({
      node: { metadata: { name: `n${at}`, labels: { host: `n${at}`, ...(zone && { zone }) } }, spec: {} } as Node,
      peers,
    })),
  );

/** As the DaemonSet controller pins a pod. */
function pinned(pod: PeerPod, node: string): PeerPod {
  const requirement = { key: 'metadata.name', operator: 'In', values: [node] };
  const nodeAffinity = {
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [requirement] }] },
  };
  return { ...pod, spec: { ...pod.spec, affinity: { ...pod.spec.affinity, nodeAffinity } } };
}

/** A view of the nodes, and the names of those that were asked for. */
function viewOf(nodes: PeerNode[]): { view: ClusterView; asked: string[] } {
  const asked: string[] = [];
  const view: ClusterView = {
    nodes: (among = () => true) => {
      const found = nodes.filter(({ node }) => among(node));
      asked.push(...found.map(({ node }) => node.metadata?.name ?? ''));
      return found;
    },
    repelling: () => nodes.flatMap(({ peers }) => peers),
    labelsOf: () => ({}),
    claimOf: () => undefined,
  };
  return { view, asked };
}

describe('what other pods mean for a pod of one node', () => {
  it('is the same whether all nodes are asked for or only those that matter', () => {
    fc.assert(
      fc.property(cluster, peer, fc.nat(), (nodes, pod, pick) => {
        const { node } = nodes[pick % nodes.length] as PeerNode;
        const one = pinned(pod, node.metadata?.name ?? '');
        const { view } = viewOf(nodes);
        expect(peersOf(one, view, node)?.fault(node)).toBe(peersOf(one, view)?.fault(node));
      }),
    );
  });

  it('asks for the pods of that node alone where pods keep away from their own kind', () => {
    const far = required([{ labelSelector: { matchLabels: { app: 'a' } }, topologyKey: 'host' }]);
    const spec = { containers: [], affinity: { podAntiAffinity: far } } as unknown as PodSpec;
    const pod: PeerPod = { namespace: 'ns', labels: { app: 'a' }, spec, isDeleting: false };
    const nodes = Array.from({ length: 100 }, (_, at) => ({
      node: { metadata: { name: `n${at}`, labels: { host: `n${at}` } }, spec: {} } as Node,
      peers: [pod],
    }));
    const { view, asked } = viewOf(nodes);
    const { node } = nodes[7] as PeerNode;
    expect(peersOf(pinned(pod, 'n7'), view, node)?.fault(node)).toBe("node(s) didn't match pod anti-affinity rules");
    expect(asked).toEqual(['n7']);
  });
});
