import {
  apiVersionOf,
  invalid,
  type KubeObject,
  maybeUnstorable,
  nulErrors,
  type ObjectRecord,
  type ResourceDefinition,
  recordToObject,
  resourceByStorage,
  splitObject,
  wellFormed,
} from '@everynode/objects';
import type { Current } from '@everynode/store';
import { keyOfTarget, type Target } from './target.js';

/** The definition under whose type objects of this one are stored. */
export const storedDefinition = (definition: ResourceDefinition): ResourceDefinition =>
  definition.convert ? resourceByStorage(definition.storage) : definition;

/** The stored object in the request's version. */
export function objectOf({ definition }: Target, current: Current<'all'>): KubeObject {
  const object = storedObject(definition, current);
  return definition.convert ? definition.convert.fromStored(object) : object;
}

function storedObject(definition: ResourceDefinition, current: Current<'all'>): KubeObject {
  const stored = storedDefinition(definition);
  return recordToObject(current, apiVersionOf(stored), stored.kind);
}

export function recordOf(target: Target, current: Current<'all'>): ObjectRecord {
  const { metadata, desired, observed, uid, revision, placement } = current;
  return { ...keyOfTarget(target), uid, revision, placement, metadata, desired, observed };
}

/**
 * Converts an object of the request's version to what the store keeps of it, in place of `current`.
 * @throws ApiError Invalid for U+0000 in a string or key. Half a surrogate pair becomes U+FFFD, as Go's decoder has it.
 */
export function toStored(definition: ResourceDefinition, object: KubeObject, current?: Current<'all'>) {
  const { convert } = definition;
  const stored = convert ? convert.toStored(object, current && storedObject(definition, current)) : object;
  const parts = splitObject(stored);
  if (!Object.values(parts).some((part) => part !== null && maybeUnstorable(part))) {
    return { parts, ...columnsOf(definition, stored) };
  }
  const { group, kind } = definition;
  const errors = nulErrors(object);
  if (errors.length > 0) throw invalid({ group, kind, name: object.metadata.name }, errors);
  const readable = wellFormed(stored);
  return { parts: splitObject(readable), ...columnsOf(definition, readable) };
}

const columnsOf = (definition: ResourceDefinition, stored: KubeObject) => ({
  placement: definition.placementOf(stored),
  deleting: stored.metadata.deletionTimestamp !== undefined,
});
