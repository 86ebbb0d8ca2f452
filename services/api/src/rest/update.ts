import {
  ApiError,
  canonicalJson,
  DecodeFault,
  type FieldError,
  type FieldValidation,
  invalid,
  type KubeObject,
  lookupType,
  notFound,
  type ResourceDefinition,
  readObjectOf,
  type SubresourcePart,
  staleWrite,
  strictFault,
  strictJsonFaults,
} from '@everynode/objects';
import { applyPatch, describePatch, isJsonPatch } from '@everynode/patch';
import type { Current, Decision } from '@everynode/store';
import { admitUpdate } from '../admission/admit.js';
import { policyFaults, policyWarnings } from '../admission/daemonset-policy.js';
import type { ApiContext } from '../api-context.js';
import { type Body, readObject } from '../http/body.js';
import type { Query } from '../http/query.js';
import { commit, objectOf, subjectOf, type Target, toStored } from '../write/commit.js';
import { managedFieldsFaults, type OwnersOf, ownersOfUpdate, usableManagedFields } from '../write/field-owners.js';
import { checkName, dropDoubleOwners, otherUid, placeInNamespace } from '../write/object-identity.js';
import { type Answer, createObject } from './create.js';

/** Which part of an object a write may change: all but the status, or what a subresource of this name holds. */
export type Half = 'object' | (string & {});

/** The rules of a subresource's writes; undefined for those of the object. */
function partOf(definition: ResourceDefinition, half: Half): SubresourcePart | undefined {
  if (half === 'object') return undefined;
  if (half === 'status') {
    return { prepare: definition.prepareForStatusUpdate, validate: definition.validateStatusUpdate };
  }
  const part = definition.subresources.find(({ name }) => name === half)?.part;
  if (!part) throw new Error(`${definition.plural}/${half} is no part of an object`);
  return part;
}

/** An object that comes and goes while it is written is tried this often. */
const TRIES = 5;

/** The object was not there when the transaction looked. */
export class MissingError extends Error {
  override readonly name = 'MissingError';
  readonly retryable = false;
}

/**
 * Writes to an object, or creates it where it is missing; whichever it is when the transaction looks. `update` throws
 * MissingError for an object that is not there.
 */
export async function writeOrCreate<T>(update: () => Promise<T>, create: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await update();
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
    }
    try {
      return await create();
    } catch (error) {
      const taken = error instanceof ApiError && error.reason === 'AlreadyExists';
      if (!taken || tries >= TRIES) throw error;
    }
  }
}

/** PUT of an object, or of its status. Some kinds are created where they are missing. */
export async function updateObject(
  context: ApiContext,
  target: Target,
  half: Half,
  body: Body,
  query: Query,
  manager: string,
): Promise<Answer> {
  const { definition } = target;
  const { object, warnings } = readObject(body, definition, query.fieldValidation);
  placeInNamespace(target, object);
  checkName(target, object);
  const told = [...warnings, ...dropDoubleOwners(object, 'sent'), ...policyWarnings(definition, object)];
  const owners = ownersOfUpdate({ definition, half, manager });
  const replace = () =>
    commit(context, target, query.dryRun, (current) => {
      const { uid } = object.metadata;
      if (uid && uid !== current?.uid) throw otherUid(target, uid, current?.uid ?? '');
      if (!current) throw new MissingError();
      checkVersionIsNamed(target, object);
      admitUpdate(context, definition, object);
      return decideReplacement(target, half, object, current, owners);
    });
  const create = () => {
    if (!definition.createsOnUpdate || half !== 'object') throw notFound(subjectOf(target));
    const { resourceVersion: _version, ...metadata } = object.metadata;
    return createObject(context, definition, target.namespace, { ...object, metadata }, query.dryRun, owners);
  };
  return { ...(await writeOrCreate(replace, create)), warnings: told };
}

/** Some kinds may only be replaced by whom has read them. Source: apiserver registry/generic/registry/store.go, Update. */
function checkVersionIsNamed({ definition, name }: Target, { metadata }: KubeObject): void {
  const { resourceVersion } = metadata;
  if (definition.updatesUnconditionally || (resourceVersion && resourceVersion !== '0')) return;
  throw invalid({ group: definition.group, kind: definition.plural, name }, [
    {
      type: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      value: 0,
      detail: 'must be specified for an update',
    },
  ]);
}

/** PATCH of an object, or of its status. It is applied inside the transaction, so it cannot conflict by itself. */
export async function patchObject(
  context: ApiContext,
  target: Target,
  half: Half,
  body: Body,
  query: Query,
  manager: string,
): Promise<Answer> {
  const { definition } = target;
  const { fieldValidation, dryRun } = query;
  let warnings: string[] = [];
  const written = await commit(context, target, dryRun, (current) => {
    if (!current) throw notFound(subjectOf(target));
    const before = objectOf(target, current);
    const contentType = body.contentType ?? '';
    const patched = applyPatch(contentType, before, body.text, { typeName: definition.schema, lookupType });
    const decoded = decodePatched(definition, contentType, body.text, patched, fieldValidation);
    const { object } = decoded;
    placeInNamespace(target, object);
    checkName(target, object);
    admitUpdate(context, definition, object);
    warnings = [...decoded.warnings, ...dropDoubleOwners(object, 'patched'), ...policyWarnings(definition, object)];
    return decideReplacement(target, half, object, current, ownersOfUpdate({ definition, half, manager }));
  });
  return { ...written, warnings };
}

/**
 * What a patch came to, as an object. What is strict about it is told of the patch's text and of its outcome.
 * @throws ApiError Invalid with the field `patch`, as upstream, for a value of the wrong type, and, when Strict, for unknown and
 * duplicate fields. Source: apiserver handlers/patch.go.
 */
function decodePatched(
  definition: ResourceDefinition,
  contentType: string,
  text: string,
  patched: object,
  fieldValidation: FieldValidation,
): { object: KubeObject; warnings: string[] } {
  const refuse = (fault: string): ApiError =>
    invalid({ group: '', kind: '', name: '' }, [
      {
        type: 'FieldValueInvalid',
        field: 'patch',
        value: describePatch(contentType, text, patched),
        detail: fault,
      },
    ]);
  try {
    const { object, faults } = readObjectOf({ value: patched }, definition, fieldValidation);
    if (fieldValidation === 'Ignore') return { object, warnings: [] };
    const inPatch = strictJsonFaults(text).map((fault) => (isJsonPatch(contentType) ? `json patch ${fault}` : fault));
    const all = [...inPatch, ...faults.warnings];
    if (fieldValidation === 'Strict' && all.length > 0) throw refuse(strictFault(all));
    return { object, warnings: all };
  } catch (error) {
    if (error instanceof DecodeFault) throw refuse(error.message);
    throw error;
  }
}

/**
 * What putting `sent` in the place of the present object comes to. Throws Conflict for a stale resourceVersion, Invalid for
 * faults.
 */
export function decideReplacement(
  target: Target,
  half: Half,
  sent: KubeObject,
  current: Current<'all'>,
  owners: OwnersOf,
): Decision {
  const { definition, name } = target;
  const before = objectOf(target, current);
  checkVersion(target, sent, current);
  const object = structuredClone(sent);
  object.metadata = { ...object.metadata, name, uid: sent.metadata.uid || current.uid };
  keepSystemFields(object, before);
  definition.setDefaults(object);
  const part = partOf(definition, half);
  const known = usableManagedFields(sent.metadata.managedFields) ?? before.metadata.managedFields;
  // What a part does not take of the object is not its writer's either; the halves' owners are told by the fields' names.
  if (part && half !== 'status') part.prepare(object, before);
  const managedFields = owners(before, object, known);
  if (half === 'status') definition.prepareForStatusUpdate(object, before);
  else if (!part) definition.prepareForUpdate(object, before);
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
  const errors: FieldError[] = [
    ...managedFieldsFaults(known),
    ...(part
      ? part.validate(object, before)
      : [...definition.validateUpdate(object, before), ...policyFaults(definition, object, before)]),
  ];
  if (errors.length > 0) throw invalid({ group: definition.group, kind: definition.kind, name }, errors);
  return decisionFor(target, object, current);
}

/** The write that makes the stored object this one; nothing, where it is this one already. */
export function decisionFor(target: Target, object: KubeObject, current: Current<'all'>): Decision {
  const { parts, placement, deleting } = toStored(target.definition, object);
  if (deleting && !object.metadata.finalizers?.length && isReleased(object)) return { kind: 'delete', parts };
  const changed = {
    ...(!isSame(parts.metadata, current.metadata) && { metadata: parts.metadata }),
    ...(!isSame(parts.desired, current.desired) && { desired: parts.desired }),
    ...(!isSame(parts.observed, current.observed) && { observed: parts.observed }),
  };
  if (Object.keys(changed).length === 0) return { kind: 'keep' };
  return { kind: 'update', parts: changed, placement, deleting };
}

/** The same but for the order of members, which depends on the way an object came here. */
function isSame(after: string | null, before: string | null | undefined): boolean {
  if (after === (before ?? null)) return true;
  return Boolean(after && before) && canonicalJson(JSON.parse(after ?? '')) === canonicalJson(JSON.parse(before ?? ''));
}

/** Nothing but finalizers held a deleted object; a pod's agent may hold it too, until its grace period is zero. */
function isReleased(object: KubeObject): boolean {
  const held = object.spec as { finalizers?: string[] } | undefined;
  if (object.kind === 'Namespace' && held?.finalizers?.length) return false;
  return (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** A resourceVersion is a precondition, wherever it comes from. */
function checkVersion(target: Target, { metadata }: KubeObject, current: Current<'all'>): void {
  const { resourceVersion } = metadata;
  if (!resourceVersion || resourceVersion === '0' || resourceVersion === String(current.revision)) return;
  if (/^\d+$/.test(resourceVersion)) throw staleWrite(subjectOf(target));
  throw invalid({ group: target.definition.group, kind: target.definition.kind, name: target.name }, [
    {
      type: 'FieldValueInvalid',
      field: 'metadata.resourceVersion',
      value: resourceVersion,
      detail: `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`,
    },
  ]);
}

/** Times, marks and generation are the system's. Source: apiserver registry/rest/update.go, BeforeUpdate. */
function keepSystemFields(object: KubeObject, before: KubeObject): void {
  const { metadata } = object;
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = before.metadata;
  metadata.creationTimestamp = creationTimestamp;
  if (deletionTimestamp !== undefined) metadata.deletionTimestamp = deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= deletionGracePeriodSeconds;
  if (generation === undefined) delete metadata.generation;
  else metadata.generation = generation;
}
