import { isMap } from '../json.js';
import { atomOfType } from './atom.js';
import { type Comparison, compareFields } from './compare-fields.js';
import { FieldSet } from './field-set.js';
import type { Ownership } from './managers.js';

/** The type of an object, and what a request can own of it. */
export interface OwnedType {
  /** Of the request. Owners of other versions are forgotten: upstream cannot convert between groups either. */
  apiVersion: string;
  /** Its name in the schema. */
  typeName: string;
  /** Limits a set to what the request's writes can change. Upstream: the strategy's reset fields. */
  own(fields: FieldSet): FieldSet;
}

/** Fields of the system, which no manager owns. Source: managedfields/internal/stripmeta.go. */
const OF_THE_SYSTEM: FieldSet = FieldSet.unionOf(
  [
    ['f:apiVersion'],
    ['f:kind'],
    ['f:metadata'],
    ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation', 'managedFields'].map(
      (name) => ['f:metadata', `f:${name}`],
    ),
    ['f:metadata', 'f:resourceVersion'],
  ].map(FieldSet.ofPath),
);

export const withoutSystemFields = (fields: FieldSet): FieldSet => fields.minus(OF_THE_SYSTEM);

/** An object without its managedFields, which are no part of what is compared. */
export function plain(object: object): object {
  const { metadata } = object as { metadata?: unknown };
  if (!isMap(metadata) || metadata.managedFields === undefined) return object;
  const { managedFields: _managedFields, ...others } = metadata;
  return { ...object, metadata: others };
}

/** What a write changed, and what that takes from the other managers. */
export interface Taken {
  /** In the request's version, limited to what it can own. */
  changed: Comparison;
  /** The managers with what they keep. */
  kept: Ownership[];
  conflicts: { by: Ownership; fields: FieldSet }[];
}

/** Source: structured-merge-diff, merge/update.go, update. */
export function takeFields(type: OwnedType, before: object, after: object, managers: readonly Ownership[]): Taken {
  const { added, modified, removed } = compareFields(plain(before), plain(after), atomOfType(type.typeName));
  const changed = { added: type.own(added), modified: type.own(modified), removed: type.own(removed) };
  const gained = changed.modified.union(changed.added);
  const kept: Ownership[] = [];
  const conflicts: Taken['conflicts'] = [];
  for (const manager of managers) {
    const { apiVersion, fields } = manager;
    if (apiVersion !== type.apiVersion) continue;
    const clash = fields.intersection(gained);
    if (!clash.isEmpty) conflicts.push({ by: manager, fields: clash });
    const left = fields.minus(clash).minus(changed.removed);
    if (!left.isEmpty) kept.push(left === fields ? manager : { ...manager, fields: left });
  }
  return { changed, kept, conflicts };
}
