import { describe, expect, it } from 'vitest';
import { wantedNodes } from './wanted-nodes.js';

describe('a machine that joins', () => {
  it.each([
    [
      { name: 'n1', identityOnly: false },
      { agent: 'n1', nodes: ['n1'] },
    ],
    [
      { name: 'host.example', identityOnly: false },
      { agent: 'host-example', nodes: ['host.example'] },
    ],
    [
      { name: 'host.example', identityOnly: true },
      { agent: 'host.example', nodes: ['host.example'] },
    ],
    [
      { name: 'fleet', nodes: ['a', 'b-*'], identityOnly: false },
      { agent: 'fleet', nodes: ['a', 'b-*'] },
    ],
  ])('%j is %j', (flags, wanted) => {
    expect(wantedNodes(flags)).toEqual(wanted);
  });

  it('has a name that a node can have', () => {
    expect(() => wantedNodes({ name: 'A_B', identityOnly: true })).toThrow('not a name for a node: "A_B"');
  });
});
