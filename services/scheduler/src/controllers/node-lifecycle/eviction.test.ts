import { metadataText, type Taint, type Toleration } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { type ActiveTaint, decideEviction, evictionTime } from './eviction.js';

const START = Date.parse('2026-01-01T00:00:00Z');
const unreachable: Taint = { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' };
const custom: Taint = { key: 'custom', value: 'v', effect: 'NoExecute' };
const since = (taint: Taint, seconds = 0): ActiveTaint => ({ taint, sinceMs: START + seconds * 1000 });
const forKey = (key: string, tolerationSeconds?: number): Toleration => ({
  key,
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds !== undefined && { tolerationSeconds }),
});

describe('evictionTime', () => {
  it.each<[string, ActiveTaint[], Toleration[], number | undefined]>([
    ['no taints', [], [], undefined],
    ['not tolerated: at once', [since(custom)], [], 0],
    ['tolerated without limit', [since(unreachable)], [forKey(unreachable.key)], undefined],
    ['tolerated for a time', [since(unreachable)], [forKey(unreachable.key, 300)], 300],
    [
      'the least of the times counts',
      [since(custom)],
      [forKey('custom', 60), { operator: 'Exists', tolerationSeconds: 20 }],
      20,
    ],
    [
      'one without limit does not lengthen another',
      [since(custom)],
      [{ operator: 'Exists' }, forKey('custom', 60)],
      60,
    ],
    ['one taint tolerated, the other not', [since(unreachable), since(custom, 5)], [forKey(unreachable.key)], 5],
    [
      'each taint counts from its own start',
      [since(unreachable, 100), since(custom)],
      [{ operator: 'Exists', tolerationSeconds: 60 }],
      60,
    ],
    ['zero and less: at once', [since(custom)], [forKey('custom', -5)], 0],
  ])('%s', (_title, taints, tolerations, seconds) => {
    expect(evictionTime(taints, tolerations, 0)).toBe(seconds === undefined ? undefined : START + seconds * 1000);
  });

  it('counts the whole time of a pod that came after the taint', () => {
    const podSince = START + 1_000_000;
    expect(evictionTime([since(custom)], [forKey('custom', 60)], podSince)).toBe(podSince + 60_000);
  });
});

describe('decideEviction', () => {
  const pod = {
    uid: 'u',
    revision: 3,
    placement: 'n',
    deleting: false,
    sequence: 0,
    metadata: metadataText({ name: 'p', uid: 'u', creationTimestamp: '2025-12-31T00:00:00Z' }),
    desired: '{"spec":{"nodeName":"n","terminationGracePeriodSeconds":7}}',
    observed: '{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}',
  };

  it('deletes gracefully and says why', () => {
    const decision = decideEviction(pod, 'u', START);
    if (decision.kind !== 'update') throw new Error(`decided to ${decision.kind}`);
    expect(JSON.parse(decision.parts.metadata ?? '')).toMatchObject({ deletionGracePeriodSeconds: 7 });
    expect(JSON.parse(decision.parts.observed ?? '')).toEqual({
      phase: 'Running',
      conditions: [
        { type: 'Ready', status: 'True' },
        {
          type: 'DisruptionTarget',
          status: 'True',
          reason: 'DeletionByTaintManager',
          message: 'Taint manager: deleting due to NoExecute taint',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });
    expect(decision.deleting).toBe(true);
  });

  it('leaves a pod that goes already, and another of the same name', () => {
    expect(decideEviction({ ...pod, deleting: true }, 'u', START)).toEqual({ kind: 'keep' });
    expect(decideEviction(pod, 'other', START)).toEqual({ kind: 'keep' });
    expect(decideEviction(undefined, 'u', START)).toEqual({ kind: 'keep' });
  });
});
