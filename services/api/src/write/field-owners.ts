import {
  apiVersionOf,
  type FieldError,
  type KubeObject,
  type ManagedFieldsEntry,
  type ResourceDefinition,
  semanticallyEqual,
  timestamp,
} from '@everynode/objects';
import {
  type FieldManager,
  FieldSet,
  type OwnedType,
  ownersAfterUpdate,
  readManagers,
  writeManagers,
} from '@everynode/patch';
import type { Query } from '../http/query.js';
import type { Subresource } from './subresource.js';
import { managerErrors } from './write-options.js';

/** Returns managedFields for an object that replaces another one, or is created; undefined for none. */
export type OwnersOf = (
  before: KubeObject | undefined,
  after: KubeObject,
  managedFields: readonly unknown[] | undefined,
) => ManagedFieldsEntry[] | undefined;

/** What owners need to know of a kind: also of one that is posted and never stored. */
type OwnedKind = Pick<ResourceDefinition, 'group' | 'version' | 'schema' | 'resetFields' | 'asVersioned'>;

/** A kind of which a request restores nothing. */
export function postedKindOwned({
  group,
  version,
  schema,
}: Pick<OwnedKind, 'group' | 'version' | 'schema'>): OwnedKind {
  return { group, version, schema, resetFields: () => [], asVersioned: (object) => object };
}

/** A manager, and the part of an object that it writes. */
export interface Writing {
  definition: OwnedKind;
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

/** The type of an object for its owners, and what a subresource's writes can own of it. */
export function ownedTypeOf({ definition, subresource }: Omit<Writing, 'manager'>): OwnedType {
  const reset = resetFieldsOf(definition, subresource);
  return {
    apiVersion: apiVersionOf(definition),
    typeName: definition.schema,
    own: (fields) => fields.minusAllOf(reset),
  };
}

const resets = new WeakMap<OwnedKind, Map<Subresource, FieldSet>>();

/** Fields that a subresource's writes restore, so that its writers do not own them. Upstream: GetResetFields. */
function resetFieldsOf(definition: OwnedKind, subresource: Subresource): FieldSet {
  const known = resets.get(definition) ?? new Map<Subresource, FieldSet>();
  resets.set(definition, known);
  const found = known.get(subresource);
  if (found) return found;
  const paths = definition.resetFields(subresource);
  const made = FieldSet.unionOf(paths.map((path) => FieldSet.ofPath(path.split('.').map((name) => `f:${name}`))));
  known.set(subresource, made);
  return made;
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
  apiVersion?: unknown;
  fieldsType?: unknown;
}

/** The owners from which a write starts. Source: managedfields/internal/fieldmanager.go, decodeLiveOrNew. */
export function ownersBefore(
  subresource: Subresource,
  sent: readonly unknown[] | undefined,
  stored: readonly unknown[] | undefined,
): readonly unknown[] | undefined {
  // A subresource's writes do not change the owners themselves.
  if (subresource !== '' || !sent) return stored;
  if (isReset(sent)) return [];
  return sent.every(isReadable) ? sent : stored;
}

function isReadable(entry: unknown): boolean {
  const { operation, apiVersion, fieldsType } = (entry ?? {}) as Entry;
  return (operation === 'Apply' || operation === 'Update') && Boolean(apiVersion) && fieldsType === 'FieldsV1';
}

/** Source: apimachinery meta/v1/validation, ValidateManagedFields. Entries that cannot be read are not kept. */
export function managedFieldsErrors(managedFields: readonly unknown[] | undefined): FieldError[] {
  return (managedFields ?? []).flatMap((entry, at) => {
    const { manager } = (entry ?? {}) as Entry;
    return managerErrors(typeof manager === 'string' ? manager : '', `metadata.managedFields[${at}].manager`);
  });
}

/** With an empty list, or one empty entry, a client asks to remove all owners. */
function isReset(managedFields: readonly unknown[]): boolean {
  const [only] = managedFields;
  if (managedFields.length === 0) return true;
  return managedFields.length === 1 && typeof only === 'object' && only !== null && Object.keys(only).length === 0;
}

/** The owners after a create, an update, or a patch other than an apply. */
export function ownersOfUpdate(writing: Writing): OwnersOf {
  const type = ownedTypeOf(writing);
  return (before, after, managedFields) => {
    const managers = readManagers(managedFields);
    const by = fieldManagerOf(writing, 'Update');
    const seen = writing.definition.asVersioned(after);
    const owners = ownersAfterUpdate({ type, before, after: seen, managers, by, now: timestamp(Date.now()) });
    return owners.length > 0 ? writeManagers(owners) : undefined;
  };
}

/**
 * The owners with their times from before, where nothing else of the object changes: then there is nothing to write.
 * Source: apiserver handlers/fieldmanager/equality.go.
 */
export function withOldTimes(
  owners: ManagedFieldsEntry[],
  object: KubeObject,
  before: KubeObject,
): ManagedFieldsEntry[] {
  const old = before.metadata.managedFields;
  if (old?.length !== owners.length || owners.every(({ time }, at) => time === old[at]?.time)) return owners;
  const isSame = owners.every((entry, at) => semanticallyEqual({ ...entry, time: '' }, { ...old[at], time: '' }));
  return isSame && semanticallyEqual(withoutOwners(object), withoutOwners(before)) ? old : owners;
}

function withoutOwners({ metadata, ...rest }: KubeObject): object {
  const { managedFields: _managedFields, resourceVersion: _version, uid: _uid, ...others } = metadata;
  return { ...rest, metadata: others };
}
