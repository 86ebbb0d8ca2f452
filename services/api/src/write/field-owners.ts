import {
  apiVersionOf,
  type FieldError,
  type KubeObject,
  type ManagedFieldsEntry,
  type ResourceDefinition,
  timestamp,
} from '@everynode/objects';
import { type ApplyTarget, type FieldManager, ownersAfterUpdate, readManagers, writeManagers } from '@everynode/patch';
import type { Query } from '../http/query.js';
import type { Subresource } from './subresource.js';
import { managerErrors } from './write-options.js';

/** Returns managedFields for an object that replaces another one, or is created; undefined for none. */
export type OwnersOf = (
  before: KubeObject | undefined,
  after: KubeObject,
  managedFields: readonly unknown[] | undefined,
) => ManagedFieldsEntry[] | undefined;

/** A manager, and the part of an object that it writes. */
export interface Writing {
  definition: ResourceDefinition;
  subresource: Subresource;
  manager: string;
}

const MAX_NAME = 128;

/** The name under which a client owns fields: the query's fieldManager, or the first part of its user agent. */
export function managerOf(query: Query, userAgent: string | undefined): string {
  const named = query.text('fieldManager');
  if (named !== undefined) return named;
  return (userAgent ?? 'unknown').split('/', 1)[0]?.slice(0, MAX_NAME) || 'unknown';
}

export function applyTargetOf({ definition, subresource }: Omit<Writing, 'manager'>): ApplyTarget {
  const hasStatus = definition.subresources.some(({ name }) => name === 'status');
  const { statusWriter } = definition;
  const written = subresource === 'status' ? 'status' : '';
  return { typeName: definition.schema, subresource: written, hasStatus, statusWriter };
}

export function fieldManagerOf(
  { definition, subresource, manager }: Writing,
  operation: 'Apply' | 'Update',
): FieldManager {
  return {
    manager,
    operation,
    apiVersion: apiVersionOf(definition),
    ...(subresource !== '' && { subresource }),
  };
}

interface Entry {
  manager?: unknown;
  operation?: unknown;
  fieldsType?: unknown;
}

/** A client's managedFields, if they can be used; undefined for others, which change nothing. */
export function usableManagedFields(managedFields: readonly unknown[] | undefined): readonly unknown[] | undefined {
  if (!managedFields || managedFields.length === 0 || isReset(managedFields)) return managedFields;
  return managedFields.every((entry) => (entry as Entry | null)?.fieldsType === 'FieldsV1') ? managedFields : undefined;
}

/** Source: apimachinery meta/v1/validation, ValidateManagedFields. */
export function managedFieldsErrors(managedFields: readonly unknown[] | undefined): FieldError[] {
  if (isReset(managedFields)) return [];
  return (managedFields ?? []).flatMap((entry, at): FieldError[] => {
    const { operation, manager } = (entry ?? {}) as Entry;
    const field = `metadata.managedFields[${at}]`;
    const errors = managerErrors(typeof manager === 'string' ? manager : '', `${field}.manager`);
    if (operation === 'Apply' || operation === 'Update') return errors;
    const detail = 'must be `Apply` or `Update`';
    return [{ type: 'FieldValueInvalid', field: `${field}.operation`, value: operation ?? '', detail }, ...errors];
  });
}

/** With one empty entry a client asks to remove all owners. */
function isReset(managedFields: readonly unknown[] | undefined): boolean {
  const [only] = managedFields ?? [];
  return managedFields?.length === 1 && typeof only === 'object' && only !== null && Object.keys(only).length === 0;
}

/** The owners after a create, an update, or a patch other than an apply. */
export function ownersOfUpdate(writing: Writing): OwnersOf {
  return (before, after, managedFields) => {
    // Field paths differ between a kind and the version that it is stored in, so such kinds have no owners.
    if (writing.definition.convert) return undefined;
    if (isReset(managedFields)) return undefined;
    const by = fieldManagerOf(writing, 'Update');
    const known = readManagers(managedFields);
    const now = timestamp(Date.now());
    const owners = ownersAfterUpdate(applyTargetOf(writing), before, after, known, by, now);
    return owners.length > 0 ? writeManagers(owners) : undefined;
  };
}
