import type { NodeCondition, NodeSpec, NodeStatus } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { judgeNode } from './decide-node.js';
import { isSignOfLife } from './node-conditions.js';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const AT = '2026-01-01T00:00:00Z';
const BEFORE = '2025-12-31T00:00:00Z';

const condition = (type: string, status: string, more: Partial<NodeCondition> = {}): NodeCondition => ({
  type,
  status,
  lastHeartbeatTime: BEFORE,
  lastTransitionTime: BEFORE,
  ...more,
});
const healthy: NodeStatus = {
  conditions: [
    condition('Ready', 'True'),
    condition('MemoryPressure', 'False'),
    condition('DiskPressure', 'False'),
    condition('PIDPressure', 'False'),
    condition('NetworkUnavailable', 'False'),
  ],
};
const taintsOf = (spec: NodeSpec | undefined) => spec?.taints?.map(({ key, effect }) => `${key}:${effect}`);
const statusOf = (status: NodeStatus | undefined, type: string) => status?.conditions?.find((c) => c.type === type);

describe('judgeNode', () => {
  it('leaves a healthy node alone', () => {
    expect(judgeNode({}, healthy, 'alive', NOW)).toEqual({});
    expect(judgeNode({}, healthy, 'unknown', NOW)).toEqual({});
  });

  it('makes the conditions of a lost node Unknown and taints it', () => {
    const { spec, status, turned } = judgeNode({ podCIDR: '10.0.0.0/24' }, healthy, 'lost', NOW);
    expect(turned).toBe('NodeNotReady');
    for (const type of ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']) {
      expect(statusOf(status, type)).toEqual({
        type,
        status: 'Unknown',
        reason: 'NodeStatusUnknown',
        message: 'Kubelet stopped posting node status.',
        lastHeartbeatTime: BEFORE,
        lastTransitionTime: AT,
      });
    }
    expect(statusOf(status, 'NetworkUnavailable')).toEqual(condition('NetworkUnavailable', 'False'));
    expect(spec).toEqual({
      podCIDR: '10.0.0.0/24',
      taints: [
        { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: AT },
        { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: AT },
      ],
    });
    expect(judgeNode(spec ?? {}, status ?? {}, 'lost', NOW + 60_000)).toEqual({});
  });

  it('distinguishes a node that never reported from one that stopped', () => {
    const { status, spec } = judgeNode({}, {}, 'lost', NOW);
    expect(statusOf(status, 'Ready')).toMatchObject({ status: 'Unknown', reason: 'NodeStatusNeverUpdated' });
    expect(taintsOf(spec)).toContain('node.kubernetes.io/unreachable:NoExecute');
  });

  it('undoes everything when the node sends heartbeats again', () => {
    const lost = judgeNode({}, healthy, 'lost', NOW - 60_000);
    expect(judgeNode(lost.spec ?? {}, lost.status ?? {}, 'unknown', NOW)).toEqual({});
    const back = judgeNode(lost.spec ?? {}, lost.status ?? {}, 'alive', NOW);
    expect(back.turned).toBe('NodeReady');
    expect(back.spec).toEqual({});
    expect(statusOf(back.status, 'Ready')).toEqual({
      type: 'Ready',
      status: 'True',
      reason: 'KubeletReady',
      message: 'kubelet is posting ready status',
      lastHeartbeatTime: AT,
      lastTransitionTime: AT,
    });
    expect(statusOf(back.status, 'DiskPressure')).toMatchObject({
      status: 'False',
      reason: 'KubeletHasNoDiskPressure',
    });
  });

  it('does not make a node ready that its agent says is not', () => {
    const notReady = { conditions: [condition('Ready', 'False', { reason: 'KubeletNotReady' })] };
    const { status, spec } = judgeNode({}, notReady, 'alive', NOW);
    expect(status).toBeUndefined();
    expect(taintsOf(spec)).toEqual([
      'node.kubernetes.io/not-ready:NoSchedule',
      'node.kubernetes.io/not-ready:NoExecute',
    ]);
  });

  it.each([
    ['MemoryPressure', 'memory-pressure'],
    ['DiskPressure', 'disk-pressure'],
    ['PIDPressure', 'pid-pressure'],
    ['NetworkUnavailable', 'network-unavailable'],
  ])('taints under %s with %s', (type, key) => {
    const { spec } = judgeNode({}, { conditions: [condition('Ready', 'True'), condition(type, 'True')] }, 'alive', NOW);
    expect(taintsOf(spec)).toEqual([`node.kubernetes.io/${key}:NoSchedule`]);
  });

  it('follows the cordon and leaves the taints of others', () => {
    const own = { key: 'gpu', value: 'a', effect: 'NoSchedule' };
    const cordoned = judgeNode({ unschedulable: true, taints: [own] }, healthy, 'alive', NOW);
    expect(cordoned.spec?.taints).toEqual([
      own,
      { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule', timeAdded: AT },
    ]);
    const uncordoned = judgeNode({ ...cordoned.spec, unschedulable: false }, healthy, 'alive', NOW);
    expect(uncordoned.spec?.taints).toEqual([own]);
  });
});

describe('isSignOfLife', () => {
  const lost = judgeNode({}, healthy, 'lost', NOW).status;
  it('is a status that an agent or kubelet posts, and not one that this controller writes', () => {
    expect(isSignOfLife(lost, healthy)).toBe(true);
    expect(isSignOfLife(healthy, lost ?? {})).toBe(false);
    expect(isSignOfLife(healthy, healthy)).toBe(false);
    expect(isSignOfLife(healthy, { conditions: [condition('Ready', 'True', { lastHeartbeatTime: AT })] })).toBe(true);
    expect(isSignOfLife({}, healthy)).toBe(true);
  });
});
