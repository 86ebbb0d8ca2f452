import { describe, expect, it } from 'vitest';
import { matches } from './nats-floor.js';
import type { RecordedWrite } from './recorded-writes.js';
import { batchesOf } from './write-batches.js';

const write = (name: string): RecordedWrite => ({
  type: 2,
  resource: 'pods',
  namespace: 'default',
  name,
  uid: name,
  previous: '0',
  changed: 4,
  metadata: '{}',
  desired: '{}',
  observed: '{}',
  placement: null,
  deleting: false,
});

describe('the floor', () => {
  it('batches writes in their order, five hundred at most, an object once in each', () => {
    const names = (batches: { name: string }[][]) => batches.map((batch) => batch.map(({ name }) => name));
    expect(names(batchesOf(['a', 'b', 'a', 'c'].map(write)))).toEqual([
      ['a', 'b'],
      ['a', 'c'],
    ]);
    const many = batchesOf(Array.from({ length: 1201 }, (_, i) => write(`pod-${i}`)));
    expect(many.map((batch) => batch.length)).toEqual([500, 500, 201]);
    expect(many.at(-1)?.at(-1)?.revision).toBe(1201);
    expect(batchesOf([])).toEqual([]);
  });

  it.each([
    ['everynode.v1.agent.*.report.>', 'everynode.v1.agent.agent-1.report.pod-status', true],
    ['everynode.v1.agent.*.report.>', 'everynode.v1.agent.agent-1.command.pod-assigned', false],
    ['everynode.v1.journal.objects-changed', 'everynode.v1.journal.objects-changed', true],
    ['everynode.v1.journal.objects-changed', 'everynode.v1.journal.objects-changed.x', false],
    ['everynode.v1.manifest.>', 'everynode.v1.manifest', false],
  ])('%s takes %s: %s', (pattern, subject, fits) => {
    expect(matches(pattern, subject)).toBe(fits);
  });
});
