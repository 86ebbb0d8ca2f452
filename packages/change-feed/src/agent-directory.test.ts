import { ObjectCache, type ReflectorListener } from '@everynode/list-watch';
import type { Node, ObjectRecord, Stored } from '@everynode/objects';
import { trustedMetadata } from '@everynode/objects';
import { expect, it } from 'vitest';
import { AgentDirectory } from './agent-directory.js';

function nodeRecord(revision: number): ObjectRecord {
  const metadata = trustedMetadata('{"name":"a","uid":"1"}');
  const key = { resource: 'nodes', namespace: '', name: 'a', uid: '1' } as const;
  return { ...key, revision, metadata, desired: '{}', observed: null, placement: 'agent-1' };
}

/** What the directory needs of a reflector that stands at `revision`. */
function reflectorAt(revision: number) {
  const nodes = new ObjectCache<Stored<Node>>('nodes', { apiVersion: 'v1', kind: 'Node' });
  const listeners: ReflectorListener[] = [];
  const cache = () => nodes;
  return { revision, cache, addListener: (listener: ReflectorListener) => listeners.push(listener), nodes, listeners };
}

it('remembers the agent of a node that is deleted', () => {
  const reflector = reflectorAt(-1);
  const agents = new AgentDirectory(reflector);
  expect(agents.agentOf('a')).toBeUndefined();
  reflector.nodes.put(nodeRecord(1));
  expect(agents.agentOf('a')).toBe('agent-1');
  const change = reflector.nodes.remove(nodeRecord(2));
  for (const { onChanges } of reflector.listeners) onChanges(change ? [change] : [], 2);
  expect(agents.agentOf('a')).toBe('agent-1');
});

it('is refused once the reflector has listed: deletions before it would be missed', () => {
  expect(() => new AgentDirectory(reflectorAt(0))).toThrow('before the reflector starts');
});
