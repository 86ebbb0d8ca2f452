import type { PodCondition, PodStatus } from '@everynode/objects';
import { withNodeReadiness } from '@everynode/workloads';
import { describe, expect, it } from 'vitest';
import { decidePodReadiness } from './pod-readiness.js';

const AT = '2026-01-01T00:00:00Z';
const condition = (type: string, status: string, more: Partial<PodCondition> = {}): PodCondition => ({
  type,
  status,
  lastTransitionTime: '2025-01-01T00:00:00Z',
  ...more,
});
const running: PodStatus = {
  phase: 'Running',
  conditions: [condition('ContainersReady', 'True'), condition('Ready', 'True')],
};
const readyOf = (status: PodStatus | undefined) => status?.conditions?.find(({ type }) => type === 'Ready');

describe('withNodeReadiness', () => {
  it('is not ready while its node is not, and is afterwards as it was before', () => {
    const away = withNodeReadiness(running, undefined, false, AT);
    expect(readyOf(away)).toEqual({
      type: 'Ready',
      status: 'False',
      reason: 'NodeNotReady',
      message: 'Node is not ready',
      lastTransitionTime: AT,
    });
    expect(withNodeReadiness(away ?? {}, undefined, false, AT)).toBeUndefined();
    const back = withNodeReadiness(away ?? {}, undefined, true, '2026-01-01T00:01:00Z');
    expect(readyOf(back)).toEqual({ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:01:00Z' });
  });

  it.each<[string, PodCondition[], { conditionType: string }[]]>([
    ['its containers are not', [condition('ContainersReady', 'False')], []],
    ['a readiness gate is not', [condition('ContainersReady', 'True')], [{ conditionType: 'gate' }]],
  ])('does not become ready when %s', (_why, others, gates) => {
    const away = { conditions: [condition('Ready', 'False', { reason: 'NodeNotReady' }), ...others] };
    expect(withNodeReadiness(away, gates, true, AT)).toBeUndefined();
  });

  it('does not overrule an agent that says that the pod is not ready', () => {
    const unready = { conditions: [condition('ContainersReady', 'True'), condition('Ready', 'False')] };
    expect(withNodeReadiness(unready, undefined, true, AT)).toBeUndefined();
  });

  it('touches neither pods without the condition nor those that are going', () => {
    expect(withNodeReadiness({ phase: 'Pending' }, undefined, false, AT)).toBeUndefined();
    const current = { uid: 'u', deleting: true, observed: JSON.stringify(running) };
    expect(decidePodReadiness(current, 'u', undefined, false, 0)).toEqual({ kind: 'keep' });
    expect(decidePodReadiness({ ...current, deleting: false }, 'u', undefined, false, 0).kind).toBe('update');
  });
});
