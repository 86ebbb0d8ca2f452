import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  demoFleet,
  enrolmentOf,
  type Fleet,
  nextAgent,
  nextNodeNames,
  nodeCount,
  nodeNames,
  numberedFleet,
  workerNode,
} from './fleet.js';

const allNames = (fleet: Fleet) => fleet.agents.flatMap(({ file }) => nodeNames(file));

describe('demoFleet', () => {
  it('has masters on the first agent and workers on the second', () => {
    const [first, second] = demoFleet(2).agents;
    expect(first?.file.nodes.map(({ name }) => name)).toEqual(['k8s-master-01', 'k8s-master-02', 'k8s-master-03']);
    expect(second?.file.nodes.map(({ name }) => name)).toEqual(['k8s-01', 'k8s-02', 'k8s-03']);
    expect(first?.file.nodes[0]).toEqual({
      name: 'k8s-master-01',
      labels: expect.objectContaining({ 'beta.kubernetes.io/os': 'linux' }),
      taints: [{ key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }],
    });
  });
  it('has the same six nodes on any number of agents', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), (agents) => {
        const fleet = demoFleet(agents);
        expect(fleet.agents).toHaveLength(agents);
        expect(new Set(allNames(fleet)).size).toBe(6);
        expect(nodeCount(fleet)).toBe(6);
      }),
    );
  });
});

describe('numberedFleet', () => {
  it('numbers every node once, in shares that differ by one at most', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 20 }), (nodes, agents) => {
        const fleet = numberedFleet(nodes, agents);
        const names = allNames(fleet);
        expect(names).toEqual(Array.from({ length: nodes }, (_, at) => `node-${String(at + 1).padStart(5, '0')}`));
        const shares = fleet.agents.map(({ file }) => nodeNames(file).length);
        expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

it('enrols an agent for the nodes that it names, and for the beginning of those that it numbers', () => {
  const fleets = [demoFleet(2), numberedFleet(5, 1)];
  expect(fleets.map(({ agents }) => agents.map(enrolmentOf))).toEqual([
    [
      ['k8s-master-01', 'k8s-master-02', 'k8s-master-03'],
      ['k8s-01', 'k8s-02', 'k8s-03'],
    ],
    [['node-*']],
  ]);
});

describe('nextAgent', () => {
  it('has the next number, and refuses nodes that exist and texts that are not node names', () => {
    const fleet = numberedFleet(10, 2);
    expect(nextAgent(fleet, [workerNode('extra')]).agent).toBe('agent-3');
    for (const name of ['node-00007', 'Upper', 'a_b', '-a', 'a..b', '', 'x'.repeat(254)]) {
      expect(() => nextAgent(fleet, [workerNode(name)])).toThrow(/node/);
    }
    expect(() => nextAgent(fleet, [workerNode('twice'), workerNode('twice')])).toThrow('there is a node twice already');
  });
  it('names more workers after the last', () => {
    expect(nextNodeNames(numberedFleet(10, 2), 2)).toEqual(['node-00011', 'node-00012']);
    expect(nextNodeNames(demoFleet(2), 1)).toEqual(['node-00001']);
  });
});
