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
    const ended = await allEnded(Array.from({ length: size }, (_, i) => write(first + i)));
    done += size;
    written = Math.max(written, ended.written);
    if (ended.failure !== undefined) return { written, failure: ended.failure };
  }
  return { written, failure: undefined };
}

/** Waits until all writes have ended, whatever becomes of one of them. Each resolves to its revision, 0 for none. */
export async function allEnded(writes: readonly Promise<number>[]): Promise<Writes> {
  let written = 0;
  let failure: unknown;
  for (const outcome of await Promise.allSettled(writes)) {
    if (outcome.status === 'fulfilled') written = Math.max(written, outcome.value);
    else failure ??= outcome.reason;
  }
  return { written, failure };
}
