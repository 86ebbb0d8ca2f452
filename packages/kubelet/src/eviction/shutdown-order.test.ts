import { describe, expect, it } from 'vitest';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { shutdownOrder } from './shutdown-order.js';

const pod = (name: string, priority?: number) =>
  ({
    metadata: { name, uid: name },
    spec: { nodeName: 'n', containers: [], ...(priority !== undefined && { priority }) },
  }) as unknown as AssignedPod;

describe('the order in which the pods of a machine end', () => {
  it.each([
    [
      'critical ones last',
      [pod('critical', 2_000_001_000), pod('usual'), pod('least', -5), pod('below', 1_999_999_999)],
      [
        { graceMs: 20_000, uids: ['usual', 'least', 'below'] },
        { graceMs: 10_000, uids: ['critical'] },
      ],
    ],
    ['a group without pods takes no time', [pod('critical', 2_000_000_000)], [{ graceMs: 10_000, uids: ['critical'] }]],
    ['nothing without pods', [], []],
  ])('%s', (_what, pods, groups) => {
    expect(shutdownOrder(pods, { totalMs: 30_000, criticalMs: 10_000 })).toEqual(groups);
  });
});
