import { type Change, ClusterReplay } from '@everynode/history-checker';
import { describe, expect, it } from 'vitest';
import { type AgentPods, troubleOfAgents } from './agent-pods.js';

const change = (more: Pick<Change, 'resource' | 'key' | 'uid' | 'facts'>): Change => ({
  revision: 1,
  previous: 0,
  type: 'ADDED',
  at: 0,
  seen: 0,
  hash: '',
  ...more,
});

function cluster(): ClusterReplay {
  const replay = new ClusterReplay();
  for (const name of ['n1', 'n2']) {
    const node = { ready: true, unschedulable: false, taints: [] };
    replay.apply(change({ resource: 'nodes', key: `/${name}`, uid: name, facts: { node } }));
    const pod = { owner: 'ds', node: name, hash: 'h', deleting: false, finished: false, ready: true };
    replay.apply(change({ resource: 'pods', key: `faults/p-${name}`, uid: `uid-${name}`, facts: { pod } }));
  }
  return replay;
}

const pod = (node: string, more: Partial<AgentPods['pods'][number]> = {}) => ({
  uid: `uid-${node}`,
  key: `faults/p-${node}`,
  node,
  state: 'ready',
  ...more,
});
const first: AgentPods = { agent: 'agent-1', nodes: ['n1'], pods: [pod('n1')] };
const second: AgentPods = { agent: 'agent-2', nodes: ['n2'], pods: [pod('n2')] };

describe('troubleOfAgents', () => {
  it('finds nothing where each agent runs the pods of its nodes', () => {
    expect(troubleOfAgents([first, second], cluster())).toBeUndefined();
  });

  it.each<[string, AgentPods[]]>([
    ['n2 is hosted by no agent', [first]],
    ['n1 is hosted by agent-1 and by agent-2', [first, { ...second, nodes: ['n1', 'n2'] }]],
    // As many pods as the store has, and not the same ones: one agent runs too many, another too few.
    [
      'agent-1 runs faults/left on n1, which the store does not have',
      [
        { ...first, pods: [pod('n1'), pod('n1', { uid: 'other', key: 'faults/left' })] },
        { ...second, pods: [] },
      ],
    ],
    ['agent-2 does not run faults/p-n2 on n2', [first, { ...second, pods: [] }]],
    [
      'agent-1 runs faults/p-n2 on n1, and the store has it on n2',
      [{ ...first, pods: [pod('n1'), pod('n2', { node: 'n1' })] }, second],
    ],
    [
      'faults/p-n1 is starting at agent-1, and its status says that it is ready',
      [{ ...first, pods: [pod('n1', { state: 'starting' })] }, second],
    ],
  ])('finds: %s', (expected, agents) => {
    expect(troubleOfAgents(agents, cluster())).toBe(expected);
  });
});
