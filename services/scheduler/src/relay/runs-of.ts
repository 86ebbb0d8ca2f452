import type { JournalEntry } from '@everynode/contract';

/** Cuts entries into runs of consecutive revisions. */
export function runsOf(entries: JournalEntry[]): JournalEntry[][] {
  const runs: JournalEntry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    if (run?.at(-1)?.revision === entry.revision - 1) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}
