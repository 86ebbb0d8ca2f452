import type { RecordedWrite } from './recorded-writes.js';
import type { NumberedWrite } from './sql-statements.js';

/** Objects in a commit: as many as the store commits together at most. */
const BATCH = 500;

export const keyOf = ({ resource, namespace, name }: RecordedWrite): string => `${resource}/${namespace}/${name}`;

/** Batches in the order of the writes. An object is at most once in a batch: a statement sees a row only once. */
export function batchesOf(writes: readonly RecordedWrite[]): NumberedWrite[][] {
  const batches: NumberedWrite[][] = [];
  let batch: NumberedWrite[] = [];
  let keys = new Set<string>();
  writes.forEach((write, i) => {
    const key = keyOf(write);
    if (batch.length === BATCH || keys.has(key)) {
      batches.push(batch);
      batch = [];
      keys = new Set();
    }
    keys.add(key);
    batch.push({ ...write, revision: i + 1 });
  });
  if (batch.length > 0) batches.push(batch);
  return batches;
}
