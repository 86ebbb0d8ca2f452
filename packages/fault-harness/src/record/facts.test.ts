import { describe, expect, it } from 'vitest';
import { factsOf } from './facts.js';

const taintsOf = (key: string, effect: string) =>
  factsOf({
    revision: '1',
    previous: '0',
    type: 1,
    resource: 'nodes',
    namespace: '',
    name: 'node-1',
    uid: 'uid',
    at: 0,
    metadata: '{}',
    desired: JSON.stringify({ spec: { taints: [{ key, effect }] } }),
    observed: null,
  }).node?.taints;

describe('factsOf a node', () => {
  it.each([
    ['node.kubernetes.io/unreachable', 'NoExecute', false],
    ['node.kubernetes.io/unreachable', 'NoSchedule', true],
    ['node.kubernetes.io/not-ready', 'NoExecute', false],
    ['node.kubernetes.io/not-ready', 'NoSchedule', true],
    ['node.kubernetes.io/unschedulable', 'NoSchedule', false],
    ['node.kubernetes.io/memory-pressure', 'NoSchedule', false],
    ['example.com/gpu', 'NoSchedule', true],
    ['example.com/gpu', 'PreferNoSchedule', false],
  ])('has %s:%s among the taints that keep daemon pods away: %s', (key, effect, keepsAway) => {
    expect(taintsOf(key, effect)).toEqual(keepsAway ? [key] : []);
  });
});
