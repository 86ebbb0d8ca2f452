import type { JournalEntry } from '@everynode/contract';
import type { CommittedBatch } from '@everynode/store';

/** Entries that are kept; a relay that is further behind reads the journal. */
const MOST = 20_000;

/**
 * What this process committed and has not relayed yet. Most changes are written by the process that relays them, and what
 * it has in hand need not be read back from Postgres.
 */
export class OwnCommits {
  readonly #batches: CommittedBatch[] = [];
  #size = 0;

  add(batch: CommittedBatch): void {
    this.#batches.push(batch);
    this.#size += batch.entries.length;
    while (this.#size > MOST) this.#dropFirst();
  }

  /**
   * Takes the entries that follow on `position` without a gap, at least `most` where there are so many. Empty when the next
   * one is another process's, or is not known here whole.
   */
  takeAfter(position: number, most: number): JournalEntry[] {
    const taken: JournalEntry[] = [];
    for (;;) {
      const batch = this.#batches[0];
      const next = position + taken.length + 1;
      if (!batch || batch.first > next || taken.length >= most) return taken;
      // Some of it may have been read from the journal, between two looks at what is here.
      for (const entry of batch.entries.slice(next - batch.first)) taken.push(entry);
      this.#dropFirst();
    }
  }

  clear(): void {
    this.#batches.length = 0;
    this.#size = 0;
  }

  #dropFirst(): void {
    this.#size -= this.#batches.shift()?.entries.length ?? 0;
  }
}
