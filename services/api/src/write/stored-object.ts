import {
  apiVersionOf,
  type KubeObject,
  type ObjectRecord,
  type ResourceDefinition,
  recordToObject,
  resourceByStorage,
  splitObject,
} from '@everynode/objects';
import type { Current } from '@everynode/store';
import { keyOfTarget, type Target } from './target.js';

/** The definition under whose type objects of this one are stored. */
export const storedDefinition = (definition: ResourceDefinition): ResourceDefinition =>
  definition.convert ? resourceByStorage(definition.storage) : definition;

/** The stored object in the request's version. */
export function objectOf({ definition }: Target, current: Current<'all'>): KubeObject {
  const stored = storedDefinition(definition);
  const object = recordToObject(current, apiVersionOf(stored), stored.kind);
  return definition.convert ? definition.convert.fromStored(object) : object;
}

export function recordOf(target: Target, current: Current<'all'>): ObjectRecord {
  const { metadata, desired, observed, uid, revision, placement } = current;
  return { ...keyOfTarget(target), uid, revision, placement, metadata, desired, observed };
}

/** Converts an object of the request's version to what the store keeps of it. */
export function toStored(definition: ResourceDefinition, object: KubeObject) {
  const stored = definition.convert ? definition.convert.toStored(object) : object;
  return {
    parts: splitObject(stored),
    placement: definition.placementOf(stored),
    deleting: stored.metadata.deletionTimestamp !== undefined,
  };
}
