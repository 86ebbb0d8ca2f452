/** Annotation and label of a pod: which index of an Indexed Job it works on. */
export const INDEX_KEY = 'batch.kubernetes.io/job-completion-index';

/**
 * Reads indexes in the form of a status: `0-2,5`. Those from `below` on are left out: a client may write a status, and
 * a range of it is as long as it likes.
 */
export function parseIndexes(text: string | undefined, below: number): Set<number> {
  const indexes = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [first = '', last = first] = part.split('-');
    if (!/^\d+$/.test(first)) continue;
    for (let i = Number(first); i <= Number(last) && i < below; i += 1) indexes.add(i);
  }
  return indexes;
}

/** Writes indexes as a status has them; two neighbours have a comma between them. Source: indexed_job_utils.go. */
export function formatIndexes(indexes: ReadonlySet<number>): string {
  const runs: [number, number][] = [];
  for (const i of [...indexes].sort((a, b) => a - b)) {
    const run = runs.at(-1);
    if (run && run[1] === i - 1) run[1] = i;
    else runs.push([i, i]);
  }
  return runs
    .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
    .join(',');
}

/** The index of a pod; undefined for a pod without one. */
export function indexOf(pod: { metadata?: { annotations?: Record<string, string> } }): number | undefined {
  const text = pod.metadata?.annotations?.[INDEX_KEY];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
