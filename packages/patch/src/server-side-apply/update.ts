import { capUpdaters, type FieldManager, isSameManager, type Ownership } from './managers.js';
import { type OwnedType, takeFields, withoutSystemFields } from './ownership.js';

/** An ordinary write of an object. */
export interface Update {
  type: OwnedType;
  /** Undefined for a new object. */
  before: object | undefined;
  after: object;
  /** The owners before. An object that was made without owners never gets any this way. */
  managers: readonly Ownership[];
  by: FieldManager;
  /** In the API's form of times. */
  now: string;
}

/** An object without fields: as Go has a new one, structs that are no pointers are there. */
const NEW = {};

/**
 * The owners after a write that is no apply. The writer alone owns what it added or modified; what it removed has no
 * owner. Its time changes when it owns something by this write. Source: structured-merge-diff, merge/update.go, Update;
 * managedfields/internal: skipnonapplied.go, managedfieldsupdater.go.
 */
export function ownersAfterUpdate({ type, before, after, managers, by, now }: Update): Ownership[] {
  if (managers.length === 0 && before) return [];
  const { changed, kept } = takeFields(type, before ?? NEW, after, managers);
  const mine = withoutSystemFields(changed.modified.union(changed.added));
  if (mine.isEmpty) return capUpdaters(kept);
  const previous = kept.find((other) => isSameManager(other, by));
  const fields = previous ? previous.fields.union(mine) : mine;
  return capUpdaters([...kept.filter((other) => other !== previous), { ...by, fields, time: now }]);
}
