import type { JournalEntry } from '@everynode/contract';
import { CachedObject, type KindName, type ObjectChange } from '@everynode/list-watch';
import { resourceKeyOf } from '@everynode/objects';
import type { Store } from '@everynode/store';

/** The newest changes of the journal, oldest first. */
export interface JournalTail {
  /** Every change of a known kind after this revision is in `changes`. */
  floor: number;
  changes: ObjectChange[];
}

/** Reads the newest `length` entries of the journal up to a revision, with what the objects were before them. */
export async function readJournalTail(
  store: Pick<Store, 'journalTail' | 'journalEntries'>,
  { length, revision, kinds }: { length: number; revision: number; kinds: ReadonlyMap<string, KindName> },
): Promise<JournalTail> {
  const tail = await store.journalTail(length, revision);
  const before = await objectsBefore(tail, store, kinds);
  let floor = (tail[0]?.revision ?? revision + 1) - 1;
  let changes: ObjectChange[] = [];
  const latest = new Map<string, CachedObject>();
  for (const entry of tail) {
    const kind = kinds.get(entry.resource);
    if (!kind) continue;
    const key = resourceKeyOf(entry);
    const previous = latest.get(key) ?? before.get(key);
    const current = cachedFrom(entry, kind, previous);
    latest.set(key, current);
    // What it was before is compacted away, so no watch can resume from before this entry.
    if (entry.type !== 'ADDED' && !previous) {
      floor = entry.revision;
      changes = [];
    } else changes.push({ type: entry.type, revision: entry.revision, previous, current });
  }
  return { floor, changes };
}

function cachedFrom(entry: JournalEntry, kind: KindName, previous?: CachedObject): CachedObject {
  const { type: _type, previous: _previous, changed: _changed, deleting: _deleting, ...record } = entry;
  return new CachedObject(record, kind, previous);
}

/** What the objects of a stretch of the journal were before it, by key. */
async function objectsBefore(
  entries: readonly JournalEntry[],
  store: Pick<Store, 'journalEntries'>,
  kinds: ReadonlyMap<string, KindName>,
): Promise<Map<string, CachedObject>> {
  const seen = new Set<string>();
  const revisions: number[] = [];
  for (const entry of entries) {
    const key = resourceKeyOf(entry);
    if (!seen.has(key) && entry.type !== 'ADDED' && kinds.has(entry.resource)) revisions.push(entry.previous);
    seen.add(key);
  }
  const objects = new Map<string, CachedObject>();
  for (const entry of await store.journalEntries(revisions)) {
    const kind = kinds.get(entry.resource);
    if (kind) objects.set(resourceKeyOf(entry), cachedFrom(entry, kind));
  }
  return objects;
}
