import type { PodStatusItem } from '@everynode/contract';
import type { Current } from '@everynode/store';
import { describe, expect, it } from 'vitest';
import { decidePodStatus } from './pod-status.js';

const item: PodStatusItem = {
  namespace: 'ns',
  name: 'a',
  uid: 'u',
  node: 'n1',
  sequence: 3,
  status: { phase: 'Running' },
};
const stored = {
  uid: 'u',
  placement: 'n1',
  sequence: 5,
  observed: '{"phase":"Pending","qosClass":"BestEffort"}',
} as Current<'observed'>;

describe('a report on a pod', () => {
  it('is merged into the status, and its number is stored', () => {
    expect(decidePodStatus(stored, item, 6)).toEqual({
      kind: 'update',
      parts: { observed: '{"phase":"Running","qosClass":"BestEffort"}' },
      sequence: 6,
    });
  });

  it('writes nothing for a pod of another node', () => {
    expect(decidePodStatus(stored, { ...item, node: 'n2' }, 6)).toEqual({ kind: 'keep' });
  });

  it('writes nothing for another pod of the same name, or for a pod that is gone', () => {
    expect(decidePodStatus(stored, { ...item, uid: 'other' }, 6)).toEqual({ kind: 'keep' });
    expect(decidePodStatus(undefined, item, 6)).toEqual({ kind: 'keep' });
  });

  it('writes nothing when it is not newer than what is stored', () => {
    for (const order of [4, 5]) expect(decidePodStatus(stored, item, order)).toEqual({ kind: 'keep' });
  });

  it('has its number stored when it changes nothing, if another one may be on its way before it', () => {
    const same = { ...item, status: { phase: 'Pending' } };
    expect(decidePodStatus(stored, same, 6)).toEqual({ kind: 'keep' });
    expect(decidePodStatus(stored, same, 7)).toEqual({ kind: 'keep', sequence: 7 });
  });

  it('never takes back a finished phase', () => {
    const failed = { ...stored, observed: '{"phase":"Failed","reason":"Evicted"}' };
    const decision = decidePodStatus(failed, item, 6);
    expect(decision).toEqual({ kind: 'keep' });
  });
});
