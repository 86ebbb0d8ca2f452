import { atomOfType } from './atom.js';
import { compareFields } from './compare-fields.js';
import { FieldSet } from './field-set.js';
import { type FieldManager, isSameManager, type Ownership } from './managers.js';
import { mergeFields } from './merge-fields.js';
import { type OwnedType, plain, takeFields, withoutSystemFields } from './ownership.js';
import { removeItems } from './remove-items.js';
import { isSameValue } from './same-value.js';
import { toFieldSet } from './to-field-set.js';
import { ownersAfterUpdate } from './update.js';

/** Fields that another manager owns with another value. */
export interface ApplyConflict {
  by: FieldManager;
  /** `.spec.minReadySeconds` */
  path: string;
}

/** An apply. */
export interface Application {
  type: OwnedType;
  /** Undefined for a new object. */
  live: object | undefined;
  /** As the client wrote it: a quantity of 1 is another value than one of "1", as upstream. */
  config: object;
  managers: readonly Ownership[];
  by: FieldManager;
  /** True takes over fields that others own with another value. */
  force: boolean;
  /** In the API's form of times. */
  now: string;
  /**
   * What the same client applied last by client-side apply. When no other fields than unchanged ones of it conflict,
   * the apply is forced. Asked for only where fields conflict.
   */
  lastApplied?: () => object | undefined;
}

/** The result of an apply. */
export interface Applied {
  /** The merged object, which the caller brings into canonical form. */
  object: object;
  /** True when the apply changes nothing of the object: then the time of its owner stays. */
  isSame: boolean;
  owners: Ownership[];
  /** Not empty where the apply must be refused. */
  conflicts: ApplyConflict[];
}

/** The manager of objects that were written before managedFields existed. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * Applies a configuration. The applier owns what it names. What it named before and names no longer is removed, unless
 * another manager owns it. With `force` it takes over conflicting fields. Source: structured-merge-diff,
 * merge/update.go, Apply; managedfields/internal: skipnonapplied.go, lastappliedmanager.go; KEP-555.
 */
export function applyConfiguration(application: Application): Applied {
  const { type, live, config, by, force, now, lastApplied } = application;
  const atom = atomOfType(type.typeName);
  const before = live ?? {};
  const managers = live ? noted(application, live) : application.managers;
  const last = managers.find((other) => isSameManager(other, by));
  const others = managers.filter((other) => other !== last);
  const named = type.own(toFieldSet(plain(config), atom));
  const merged = mergeFields(plain(before), plain(config), atom) as object;
  // An apply that names all that it named before has nothing to remove.
  const isShorter = last !== undefined && !last.fields.minus(named).isEmpty;
  const object = isShorter ? (prune(merged, last.fields, others, named, application) as object) : merged;
  const isSame = isSameValue(plain(before), object);
  const { kept, conflicts } = takeFields(type, before, object, others);
  const refused = force ? [] : conflicts.flatMap(({ by: owner, fields }) => conflictsOf(owner, fields));
  const known = refused.length > 0 ? lastApplied?.() : undefined;
  const allowed = known && unchangedSince(known, before, application);
  const left = allowed
    ? conflicts.flatMap(({ by: owner, fields }) => conflictsOf(owner, fields.minus(allowed)))
    : refused;
  if (left.length > 0) return { object, isSame, owners: [...managers], conflicts: left };
  const fields = withoutSystemFields(named);
  const time = isSame ? last?.time : now;
  const mine = { ...by, fields, ...(time !== undefined && { time }) };
  return { object, isSame, owners: fields.isEmpty ? kept : [...kept, mine], conflicts: [] };
}

/** The owners, or the one that upstream assumes of an object without any. */
function noted({ type, managers, by, now }: Application, live: object): readonly Ownership[] {
  if (managers.length > 0) return managers;
  const { apiVersion, subresource } = by;
  const old: FieldManager = {
    manager: BEFORE_FIRST_APPLY,
    operation: 'Update',
    apiVersion,
    ...(subresource !== undefined && { subresource }),
  };
  return ownersAfterUpdate({ type, before: undefined, after: live, managers, by: old, now });
}

/**
 * Removes what the applier owned and no longer names, but for what others own, and for what it did not own itself.
 * Source: structured-merge-diff, merge/update.go, prune.
 */
function prune(
  merged: object,
  last: FieldSet,
  others: readonly Ownership[],
  named: FieldSet,
  { type }: Application,
): unknown {
  const atom = atomOfType(type.typeName);
  const was = last.withNamedFields(atom);
  const whole = toFieldSet(merged, atom).withNamedFields(atom);
  const owned = FieldSet.unionOf([named, ...others.map(({ fields }) => fields)]);
  const without = (value: unknown): FieldSet => toFieldSet(value, atom).withNamedFields(atom);
  const bare = without(removeItems(merged, was, atom));
  const kept = removeItems(merged, whole.minus(bare.union(owned.withNamedFields(atom))), atom);
  return removeItems(merged, whole.minus(without(kept)).intersection(was), atom) ?? {};
}

const conflictsOf = ({ fields: _fields, ...by }: Ownership, fields: FieldSet): ApplyConflict[] =>
  fields.paths().map((path) => ({ by, path }));

/** Source: managedfields/internal/lastappliedmanager.go. */
function unchangedSince(lastApplied: object, live: object, { type }: Application): FieldSet {
  const atom = atomOfType(type.typeName);
  const { added, modified, removed } = compareFields(plain(lastApplied), plain(live), atom);
  const changed = FieldSet.unionOf([added, modified, removed]);
  return toFieldSet(plain(lastApplied), atom).minus(changed);
}
