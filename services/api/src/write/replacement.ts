import {
  copyValue,
  type FieldError,
  invalid,
  type KubeObject,
  type ResourceDefinition,
  type SubresourcePart,
  staleWrite,
} from '@everynode/objects';
import type { Current } from '@everynode/store';
import { admit } from '../admission/chain.js';
import type { ApiContext } from '../api-context.js';
import type { AnsweredDecision } from './commit.js';
import { decisionFor } from './decision.js';
import { managedFieldsErrors, type OwnersOf, ownersBefore, withOldTimes } from './field-owners.js';
import { objectOf } from './stored-object.js';
import type { Subresource } from './subresource.js';
import { subjectOf, type Target } from './target.js';

/** An object that replaces the stored one. */
export interface Replacement {
  target: Target;
  subresource: Subresource;
  /** In the request's version, canonical, and named as the target. */
  object: KubeObject;
  owners: OwnersOf;
  /** The stored object, where the caller has read it already and not changed it. */
  before?: KubeObject;
  /** True where the object was made of the stored one, by a patch. */
  isPatched?: boolean;
}

/**
 * Decides the write that replaces the stored object, or the part of it that the subresource writes.
 * @throws ApiError Conflict for a stale resourceVersion, Invalid for field errors, and what admission plugins throw.
 */
export function decideReplacement(
  context: ApiContext,
  replacement: Replacement,
  current: Current<'all'>,
): AnsweredDecision {
  const { target, subresource, object: sent } = replacement;
  const { definition } = target;
  // A copy: the store may run this decision again, and warnings are about the object as it was sent.
  const object = copyValue(sent);
  const before = replacement.before ?? objectOf(target, current);
  // Webhooks see what decoding makes of a body upstream: with defaults.
  if (context.dynamic) definition.setDefaults(object);
  admit({ context, operation: 'update', definition, subresource, object, before }, () => {
    checkVersion(target, sent, current);
    return complete(replacement, object, before, current.uid);
  });
  return decisionFor(target, object, current);
}

/** Completes the new object in place, with what it keeps of the stored one. Returns its field errors. */
function complete(
  { target, subresource, object: sent, owners, isPatched }: Replacement,
  object: KubeObject,
  before: KubeObject,
  uid: string,
): FieldError[] {
  const { definition, name } = target;
  object.metadata = { ...object.metadata, name, uid: sent.metadata.uid || uid };
  keepSystemFields(object, before);
  definition.setDefaults(object);
  const part = partOf(definition, subresource);
  const known = ownersBefore(subresource, sent.metadata.managedFields, before.metadata.managedFields);
  // The owners are those of the fields that the client sent: what the subresource ignores is in its reset fields.
  const owned = owners(before, object, known);
  const isWhole = isPatched || hasStoredMeta(sent, before);
  const managedFields = owned && isWhole ? withOldTimes(owned, object, before) : owned;
  if (part) part.prepare(object, before);
  else definition.prepareForUpdate(object, before);
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
  const errors = part ? part.validate(object, before) : definition.validateUpdate(object, before);
  return [...managedFieldsErrors(object.metadata.managedFields), ...errors];
}

/** The rules of a subresource's writes; undefined for those of the object itself. */
function partOf(definition: ResourceDefinition, subresource: Subresource): SubresourcePart | undefined {
  if (subresource === '' || definition.viewOf) return undefined;
  if (subresource === 'status') {
    return { prepare: definition.prepareForStatusUpdate, validate: definition.validateStatusUpdate };
  }
  const part = definition.subresources.find(({ name }) => name === subresource)?.part;
  if (!part) throw new Error(`${definition.plural}/${subresource} writes no part of an object`);
  return part;
}

/** True for an object that a client has read and sends back. */
const hasStoredMeta = ({ metadata: sent }: KubeObject, { metadata: stored }: KubeObject): boolean =>
  (['uid', 'resourceVersion', 'creationTimestamp'] as const).every((name) => sent[name] === stored[name]);

/** A resourceVersion in the sent object is a precondition. */
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

/**
 * Times, deletion marks and generation belong to the system. Source: apiserver registry/rest/update.go, BeforeUpdate.
 */
function keepSystemFields(object: KubeObject, before: KubeObject): void {
  const { metadata } = object;
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation } = before.metadata;
  metadata.creationTimestamp = creationTimestamp;
  if (deletionTimestamp !== undefined) metadata.deletionTimestamp = deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= deletionGracePeriodSeconds;
  if (generation === undefined) delete metadata.generation;
  else metadata.generation = generation;
}
