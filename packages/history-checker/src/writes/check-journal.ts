import type { HistoryEntry, Violation } from '../history.js';

/** The journal has every revision once, without a gap: the truth of all other checks. */
export function checkJournal(history: readonly HistoryEntry[]): Violation[] {
  const violations: Violation[] = [];
  const current = new Map<string, { revision: number; uid: string }>();
  const seen = new Set<string>();
  let first: number | undefined;
  let last: number | undefined;
  for (const entry of history) {
    if (entry.entry !== 'change') continue;
    const { revision, previous, type, resource, key, uid, at } = entry;
    const violate = (what: string) =>
      violations.push({ check: 'journal', message: `revision ${revision} (${type} ${resource} ${key}) ${what}`, at });
    if (last !== undefined && revision !== last + 1) violate(`follows ${last}`);
    last = revision;
    first ??= revision;
    const name = `${resource} ${key}`;
    const before = current.get(name);
    if (type === 'ADDED' && before) violate(`adds what exists since ${before.revision}`);
    if (type !== 'ADDED' && before && before.revision !== previous) {
      violate(`is made of ${previous}, and the object was at ${before.revision}`);
    }
    if (type !== 'ADDED' && before && before.uid !== uid) violate('is of another uid');
    // An object that was made before the first recorded revision is known from its first change on.
    if (type !== 'ADDED' && !before && (seen.has(name) || previous >= first)) {
      violate(`is made of ${previous}, and there was no object`);
    }
    seen.add(name);
    if (type === 'DELETED') current.delete(name);
    else current.set(name, { revision, uid });
  }
  return violations;
}
