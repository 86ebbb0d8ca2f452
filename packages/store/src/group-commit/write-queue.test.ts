import { describe, expect, it } from 'vitest';
import { WriteAt } from './queued-write.js';
import { WriteQueue } from './write-queue.js';

const write = (name: string, background: boolean) =>
  new WriteAt(
    { key: { resource: 'pods', namespace: 'ns', name }, reads: 'head', background, decide: () => ({ kind: 'keep' }) },
    () => undefined,
    () => undefined,
  );
const namesOf = (batch: readonly { key: { name: string } }[]): string[] => batch.map(({ key }) => key.name);

describe('writes that a batch had no time for', () => {
  it('are the next ones, and background writes among them still wait behind the others', () => {
    const queue = new WriteQueue();
    const writes = [write('slow', true), write('a', false)];
    for (const one of writes) queue.add(one);
    const batch = queue.dequeueBatch(10);
    queue.add(write('later', true));
    queue.add(write('b', false));
    queue.putBack(batch);
    expect(namesOf(queue.dequeueBatch(10))).toEqual(['a', 'b', 'slow', 'later']);
  });
});
