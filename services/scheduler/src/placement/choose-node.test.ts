import type { Node, Pod, PodSpec } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { chooseNode, unavailableMessage } from './choose-node.js';

const node = (name: string, parts: Partial<Node['spec'] & object> = {}, allocatable = {}): Node => ({
  metadata: { name, labels: { 'kubernetes.io/hostname': name } },
  spec: parts,
  status: { allocatable: { cpu: '2', memory: '4Gi', pods: '10', ...allocatable } },
});

const spec = (requests?: Record<string, string>, more: Partial<PodSpec> = {}): PodSpec => ({
  containers: [{ name: 'c', image: 'i', ...(requests && { resources: { requests } }) }],
  ...more,
});

const placed = (podSpec: PodSpec): Pod => ({ spec: podSpec });
const empty = (...nodes: Node[]) => nodes.map((one) => ({ node: one, pods: [] }));
const refusal = (podSpec: PodSpec, loads: Parameters<typeof chooseNode>[1]): string => {
  const choice = chooseNode(podSpec, loads);
  return 'node' in choice ? `on ${choice.node}` : unavailableMessage(choice);
};

describe('chooseNode', () => {
  it('chooses the node with the most free capacity', () => {
    const loads = [
      { node: node('a'), pods: [placed(spec({ cpu: '1' }))] },
      { node: node('b'), pods: [placed(spec({ cpu: '500m' }))] },
    ];
    expect(chooseNode(spec({ cpu: '100m' }), loads)).toEqual({ node: 'b' });
  });

  it('spreads pods that ask for nothing', () => {
    expect(chooseNode(spec(), [{ node: node('a'), pods: [placed(spec())] }, ...empty(node('b'))])).toEqual({
      node: 'b',
    });
  });

  it('fills a node to the last thousandth of a cpu, and no further', () => {
    const loads = [{ node: node('a'), pods: [placed(spec({ cpu: '1999m' }))] }];
    expect(chooseNode(spec({ cpu: '1m' }), loads)).toEqual({ node: 'a' });
    expect(refusal(spec({ cpu: '2m' }), loads)).toBe('0/1 nodes are available: 1 Insufficient cpu.');
  });

  it('counts the nodes for each reason', () => {
    const loads = empty(
      node('a', { unschedulable: true }),
      node('b', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }),
      node('c', {}, { pods: '0' }),
      node('d'),
    );
    expect(refusal(spec({ 'example.com/gpu': '1', memory: '5Gi' }), loads)).toBe(
      '0/4 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {k: v}, 1 node(s) were unschedulable, ' +
        '2 Insufficient example.com/gpu, 2 Insufficient memory.',
    );
    expect(refusal(spec(undefined, { nodeSelector: { disk: 'ssd' } }), empty(node('a')))).toBe(
      "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.",
    );
    expect(refusal(spec(), [])).toBe('no nodes available to schedule pods');
  });

  it('goes where taints are tolerated, and avoids those that ask for it', () => {
    const tainted = node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }], unschedulable: true });
    const tolerations = [{ operator: 'Exists' }];
    expect(chooseNode(spec(undefined, { tolerations }), empty(tainted))).toEqual({ node: 'a' });
    const avoided = node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] });
    expect(chooseNode(spec(), empty(avoided, node('b')))).toEqual({ node: 'b' });
    expect(chooseNode(spec(), empty(avoided))).toEqual({ node: 'a' });
  });

  it('keeps host ports apart by port, protocol and address', () => {
    const on = (hostPort: number, hostIP?: string, protocol?: string) => {
      const port = { containerPort: 1, hostPort, ...(hostIP && { hostIP }), ...(protocol && { protocol }) };
      return spec(undefined, { containers: [{ name: 'c', image: 'i', ports: [port] }] });
    };
    const loads = [{ node: node('a'), pods: [placed(on(80, '10.0.0.1'))] }];
    expect(refusal(on(80), loads)).toBe(
      "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.",
    );
    expect(refusal(on(80, '10.0.0.2'), loads)).toBe('on a');
    expect(refusal(on(80, undefined, 'UDP'), loads)).toBe('on a');
    expect(refusal(on(81), loads)).toBe('on a');
  });

  it('asks for what init containers and sidecars need at their most', () => {
    const init = (cpu: string, restartPolicy?: string) => ({
      name: `i${cpu}`,
      image: 'i',
      resources: { requests: { cpu } },
      ...(restartPolicy && { restartPolicy }),
    });
    // Sidecar 500m beside init 1600m: 2100m at the start, 600m later.
    const heavy = spec({ cpu: '100m' }, { initContainers: [init('500m', 'Always'), init('1600m')] });
    expect(refusal(heavy, empty(node('a')))).toBe('0/1 nodes are available: 1 Insufficient cpu.');
    const light = spec({ cpu: '100m' }, { initContainers: [init('1600m'), init('500m', 'Always')] });
    expect(refusal(light, empty(node('a')))).toBe('on a');
  });
});
