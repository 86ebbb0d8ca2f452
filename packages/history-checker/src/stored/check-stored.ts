import type { Change, HistoryEntry, StoredObject, StoredObjects, Violation } from '../history.js';

/**
 * The table of objects is what the journal comes to, row by row: none is lost, none is there twice or too much, and
 * each has the revision, the uid and the content of its last change.
 */
export function checkStored(history: readonly HistoryEntry[]): Violation[] {
  const changes = history.flatMap((entry) => (entry.entry === 'change' ? [entry] : []));
  return history.flatMap((entry) =>
    entry.entry !== 'stored'
      ? []
      : faultsOf(entry, changes).map((message) => ({ check: 'stored', message, at: entry.at })),
  );
}

function faultsOf({ revision, objects }: StoredObjects, changes: readonly Change[]): string[] {
  const newest = changes.at(-1)?.revision ?? 0;
  if (newest < revision) return [`the counter is at ${revision}, and the journal ends at ${newest}`];
  const expected = replay(changes, revision);
  const faults: string[] = [];
  const rows = new Map<string, StoredObject>();
  const uids = new Map<string, string>();
  for (const row of objects) {
    const name = nameOf(row);
    const twin = uids.get(row.uid);
    if (rows.has(name)) faults.push(`${name} has two rows`);
    else if (twin) faults.push(`${name} and ${twin} have one uid`);
    rows.set(name, row);
    uids.set(row.uid, name);
    const change = expected.get(name);
    if (!change) faults.push(`${name} has a row of revision ${row.revision}, and the journal has no such object`);
    else faults.push(...differences(row, change));
  }
  for (const [name, { revision: last }] of expected) {
    if (!rows.has(name)) faults.push(`${name} has no row, and the journal has it at ${last}`);
  }
  return faults;
}

const nameOf = ({ resource, key }: { resource: string; key: string }): string => `${resource} ${key}`;

/** The last change of each object that exists at a revision. */
function replay(changes: readonly Change[], revision: number): Map<string, Change> {
  const objects = new Map<string, Change>();
  for (const change of changes) {
    if (change.revision > revision) break;
    if (change.type === 'DELETED') objects.delete(nameOf(change));
    else objects.set(nameOf(change), change);
  }
  return objects;
}

function differences(row: StoredObject, change: Change): string[] {
  const name = nameOf(row);
  if (row.revision !== change.revision)
    return [`${name} has a row of revision ${row.revision}, and the journal has it at ${change.revision}`];
  if (row.uid !== change.uid) return [`the row of ${name} has another uid than the journal at ${change.revision}`];
  if (row.hash !== change.hash)
    return [`the row of ${name} has another content than the journal at ${change.revision}`];
  return [];
}
