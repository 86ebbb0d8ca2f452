import type { JournalChange } from '@everynode/contract';

/** Runs of consecutive changes that do not follow yet on what is cached. */
export class RunsAhead {
  #runs: JournalChange[][] = [];

  get size(): number {
    return this.#runs.length;
  }

  /** Keeps a run, which is not empty. */
  add(run: JournalChange[]): void {
    this.#runs.push(run);
  }

  /**
   * Removes and returns a run that continues from `revision`, without what is known at it; undefined when none does.
   */
  takeFollowing(revision: number): JournalChange[] | undefined {
    if (this.#runs.length === 0) return undefined;
    this.dropKnown(revision);
    const index = this.#runs.findIndex((run) => (run[0]?.revision ?? 0) <= revision + 1);
    if (index < 0) return undefined;
    const [run = []] = this.#runs.splice(index, 1);
    return run.filter((change) => change.revision > revision);
  }

  /** Drops the runs of which nothing is newer than `revision`: their changes came another way. */
  dropKnown(revision: number): void {
    this.#runs = this.#runs.filter((run) => (run.at(-1)?.revision ?? 0) > revision);
  }
}
