import type { ManagedFieldsEntry } from '@everynode/objects';
import { isMap } from '../json.js';
import { FieldSet } from './field-set.js';

/** A writer: an entry of managedFields without its fields. */
export interface FieldManager {
  /** The name that the client chose. */
  manager: string;
  operation: 'Apply' | 'Update';
  /** The version of the request, in which the paths are written. */
  apiVersion: string;
  subresource?: string | undefined;
}

/** What a manager owns, and since when it has owned exactly that. */
export interface Ownership extends FieldManager {
  /** In the API's form of times; missing in old entries. */
  time?: string | undefined;
  fields: FieldSet;
}

/**
 * Limit on the entries of updates; beyond it the oldest are merged. Source: managedfields, DefaultMaxUpdateManagers.
 */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** True for the same entry. For an apply only the name counts, and not the version. */
export function isSameManager(a: FieldManager, b: FieldManager): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    (a.subresource ?? '') === (b.subresource ?? '') &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** Reads managedFields. Entries of an unknown form are left out. */
export function readManagers(managedFields: readonly unknown[] | undefined): Ownership[] {
  return (managedFields ?? []).flatMap((entry): Ownership[] => {
    if (!isMap(entry) || entry.fieldsType !== 'FieldsV1') return [];
    const { manager, operation, apiVersion, subresource, time, fieldsV1 } = entry;
    if (operation !== 'Apply' && operation !== 'Update') return [];
    return [
      {
        manager: String(manager ?? ''),
        operation,
        apiVersion: String(apiVersion ?? ''),
        ...(typeof subresource === 'string' && subresource !== '' && { subresource }),
        ...(typeof time === 'string' && { time }),
        fields: FieldSet.fromFieldsV1(fieldsV1),
      },
    ];
  });
}

/** The entries of managedFields: appliers first, then by time and name. */
export function writeManagers(managers: readonly Ownership[]): ManagedFieldsEntry[] {
  const order = ({ operation, time = '', manager, apiVersion, subresource = '' }: Ownership): string =>
    [operation, time, manager, apiVersion, subresource].join('\u0000');
  return [...managers]
    .filter(({ fields }) => !fields.isEmpty)
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(({ fields, manager, operation, apiVersion, time, subresource }) => ({
      manager,
      operation,
      apiVersion,
      ...(time !== undefined && { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: fields.toFieldsV1(),
      ...(subresource !== undefined && { subresource }),
    }));
}

/**
 * Merges the oldest updaters of a version when there are too many, into one that starts with the oldest of them.
 * Source: managedfields/internal/capmanagers.go.
 */
export function capUpdaters(managers: readonly Ownership[]): Ownership[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  let length = updaters.length;
  if (length <= MAX_UPDATERS) return [...managers];
  const firsts = new Map<string, Ownership>();
  const buckets = new Map<string, Bucket>();
  const gone = new Set<Ownership>();
  for (const updater of updaters.sort(byAge)) {
    if (length <= MAX_UPDATERS) break;
    const { apiVersion, time, fields } = updater;
    const first = firsts.get(apiVersion);
    if (!first) {
      firsts.set(apiVersion, updater);
      continue;
    }
    let bucket = buckets.get(apiVersion);
    if (!bucket) {
      const start = managers.find((other) => isSameManager(other, ancientOf(apiVersion))) ?? first;
      bucket = { parts: [start.fields] };
      buckets.set(apiVersion, bucket);
      gone.add(start);
    }
    bucket.parts.push(fields);
    bucket.time = time;
    gone.add(updater);
    length -= 1;
  }
  const merged = [...buckets].map(([apiVersion, { parts, time }]) => ({
    ...ancientOf(apiVersion),
    fields: FieldSet.unionOf(parts),
    ...(time !== undefined && { time }),
  }));
  return [...managers.filter((other) => !gone.has(other)), ...merged];
}

/** What is merged of the updaters of one version. */
interface Bucket {
  readonly parts: FieldSet[];
  /** Of the last one merged. */
  time?: string | undefined;
}

const ancientOf = (apiVersion: string): FieldManager => ({ manager: ANCIENT, operation: 'Update', apiVersion });

/** By the second; then as upstream sorts the JSON of the entries. */
function byAge(a: Ownership, b: Ownership): number {
  const text = ({ time = '', manager, apiVersion, subresource = '' }: Ownership): string =>
    [time, JSON.stringify(manager), apiVersion, subresource].join('\u0000');
  return text(a) < text(b) ? -1 : 1;
}
