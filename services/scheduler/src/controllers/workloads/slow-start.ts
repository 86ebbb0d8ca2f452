/** What was written: the last revision, 0 for none, and the first failure. */
export interface Writes {
  written: number;
  failure: unknown;
}

/**
 * Does writes in batches of 1, 2, 4, … and stops after the first batch with a failure: what is refused costs one try,
 * and not one for each object. `write` gets the indexes from 0 and resolves to the revision, 0 where nothing changed.
 * Source: pkg/controller/controller_utils.go, SlowStartBatch.
 */
export async function slowStart(count: number, write: (index: number) => Promise<number>): Promise<Writes> {
  let written = 0;
  for (let done = 0, batch = 1; done < count; batch *= 2) {
    const first = done;
    const size = Math.min(batch, count - first);
    const outcomes = await Promise.allSettled(Array.from({ length: size }, (_, i) => write(first + i)));
    done += size;
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') written = Math.max(written, outcome.value);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed) return { written, failure: failed.reason };
  }
  return { written, failure: undefined };
}
