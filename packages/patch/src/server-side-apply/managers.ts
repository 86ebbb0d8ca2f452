import type { ManagedFieldsEntry } from '@everynode/objects';
import { isMap } from '../json.js';
import { FieldSet } from './field-set.js';

/** Who writes: an entry of managedFields without its fields. */
export interface FieldManager {
  /** The name that the client gives itself. */
  manager: string;
  operation: 'Apply' | 'Update';
  /** Of the request, which the paths are written in. */
  apiVersion: string;
  subresource?: string | undefined;
}

/** What a manager owns, and since when it has owned exactly this. */
export interface Ownership extends FieldManager {
  /** As the API writes times; none for entries of old. */
  time?: string | undefined;
  fields: FieldSet;
}

/** Beyond this many entries of updates, the oldest are put together. Source: managedfields, DefaultMaxUpdateManagers. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** The same entry: apply is of one name, whatever version it used. */
export function isSameManager(a: FieldManager, b: FieldManager): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    (a.subresource ?? '') === (b.subresource ?? '') &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** Reads managedFields; entries that are not of the known form are left out. */
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

/** The form of managedFields: appliers first, then by time and name. */
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

/** Puts the oldest updaters together when there are too many. Source: managedfields/internal/capmanagers.go. */
export function capUpdaters(managers: readonly Ownership[]): Ownership[] {
  const updaters = managers
    .filter(({ operation }) => operation === 'Update')
    .sort((a, b) => ((a.time ?? '') < (b.time ?? '') ? -1 : 1));
  if (updaters.length <= MAX_UPDATERS) return [...managers];
  const old = new Set(updaters.slice(0, updaters.length - MAX_UPDATERS + 1));
  const capped = managers.filter((manager) => !old.has(manager));
  for (const { manager: _name, ...entry } of old) {
    const ancient = { ...entry, manager: ANCIENT };
    const at = capped.findIndex((other) => isSameManager(other, ancient));
    const known = capped[at];
    if (known) capped[at] = { ...ancient, fields: known.fields.union(entry.fields) };
    else capped.push(ancient);
  }
  return capped;
}
