import {
  ApiError,
  canonicalJson,
  conflict,
  decodeObject,
  invalid,
  type KubeObject,
  lookupType,
  notFound,
  type ResourceDefinition,
  type SubresourcePart,
  staleWrite,
} from '@everynode/objects';
import { applyPatch } from '@everynode/patch';
import type { Current, Decision } from '@everynode/store';
import { policyFaults, policyWarnings } from '../admission/daemonset-policy.js';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../query.js';
import { type Body, readObject } from './body.js';
import { type Answer, checkNamespace } from './create.js';
import { type OwnersOf, ownersOfUpdate } from './field-owners.js';
import { commit, objectOf, subjectOf, type Target, toStored } from './stored.js';

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

/** PUT of an object, or of its status. */
export async function updateObject(
  context: ApiContext,
  target: Target,
  half: Half,
  body: Body,
  query: Query,
  manager: string,
): Promise<Answer> {
  const { definition, name } = target;
  const { object, warnings } = readObject(body, definition, query.fieldValidation);
  checkNamespace(definition, target.namespace, object);
  if (!object.metadata.name) throw new ApiError('BadRequest', 'name must be provided');
  if (object.metadata.name !== name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const written = await commit(context, target, query.dryRun, (current) => {
    if (!current) throw notFound(subjectOf(target));
    return decideReplacement(target, half, object, current, ownersOfUpdate({ definition, half, manager }));
  });
  return { ...written, warnings: [...warnings, ...policyWarnings(definition, object)] };
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
    const patched = applyPatch(body.contentType ?? '', before, body.text, { typeName: definition.schema, lookupType });
    const decoded = decodeObject({ value: patched }, definition, fieldValidation);
    warnings = [...decoded.warnings, ...policyWarnings(definition, decoded.object)];
    return decideReplacement(target, half, decoded.object, current, ownersOfUpdate({ definition, half, manager }));
  });
  return { ...written, warnings };
}

/**
 * What putting `sent` in the place of the present object comes to. Throws Conflict for a stale resourceVersion or another
 * uid, Invalid for faults.
 */
export function decideReplacement(
  target: Target,
  half: Half,
  sent: KubeObject,
  current: Current,
  owners: OwnersOf,
): Decision {
  const { definition, name } = target;
  const before = objectOf(target, current);
  checkPreconditions(target, sent, current);
  const object = structuredClone(sent);
  object.metadata = { ...object.metadata, name, uid: current.uid };
  if (definition.namespaced) object.metadata.namespace = target.namespace;
  keepSystemFields(object, before);
  definition.setDefaults(object);
  const part = partOf(definition, half);
  const noted = sent.metadata.managedFields ?? before.metadata.managedFields;
  // What a part does not take of the object is not its writer's either; the halves' owners are told by the fields' names.
  if (part && half !== 'status') part.prepare(object, before);
  const managedFields = owners(before, object, noted);
  if (half === 'status') definition.prepareForStatusUpdate(object, before);
  else if (!part) definition.prepareForUpdate(object, before);
  if (managedFields) object.metadata.managedFields = managedFields;
  else delete object.metadata.managedFields;
  const errors = part
    ? part.validate(object, before)
    : [...definition.validateUpdate(object, before), ...policyFaults(definition, object, before)];
  if (errors.length > 0) throw invalid({ group: definition.group, kind: definition.kind, name }, errors);
  return decisionFor(target, object, current);
}

/** The write that makes the stored object this one; nothing, where it is this one already. */
export function decisionFor(target: Target, object: KubeObject, current: Current): Decision {
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

function checkPreconditions(target: Target, sent: KubeObject, current: Current): void {
  const { resourceVersion, uid } = sent.metadata;
  if (resourceVersion && resourceVersion !== '0' && resourceVersion !== String(current.revision)) {
    if (!/^\d+$/.test(resourceVersion)) {
      throw invalid({ group: target.definition.group, kind: target.definition.kind, name: target.name }, [
        {
          type: 'FieldValueInvalid',
          field: 'metadata.resourceVersion',
          value: resourceVersion,
          detail: 'must be a number',
        },
      ]);
    }
    throw staleWrite(subjectOf(target));
  }
  if (uid && uid !== current.uid) {
    throw conflict(
      subjectOf(target),
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.uid}`,
    );
  }
}

/** Times, marks and generation are the system's: a client that leaves them out, or sends others, changes nothing. */
function keepSystemFields(object: KubeObject, before: KubeObject): void {
  const { metadata } = object;
  const { creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, generation, generateName } =
    before.metadata;
  metadata.creationTimestamp = metadata.creationTimestamp || creationTimestamp;
  if (metadata.generateName === undefined && generateName !== undefined) metadata.generateName = generateName;
  if (deletionTimestamp !== undefined) metadata.deletionTimestamp ??= deletionTimestamp;
  if (deletionGracePeriodSeconds !== undefined) metadata.deletionGracePeriodSeconds ??= deletionGracePeriodSeconds;
  if (generation !== undefined) metadata.generation = generation;
}
