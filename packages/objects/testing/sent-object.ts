import { decodeObject } from '../src/decode/index.js';
import { fieldErrorMessage } from '../src/field-error.js';
import type { ResourceName } from '../src/kinds/kinds.js';
import type { KubeObject } from '../src/kube-object.js';
import type { ResourceDefinition } from '../src/resource.js';
import { resourceByStorage } from '../src/resources/registry.js';

/** An object as a client sends it, with its defaults, and the definition of its kind. */
export function sentObject(
  storage: ResourceName,
  value: object,
): { definition: ResourceDefinition; object: KubeObject } {
  const definition = resourceByStorage(storage);
  const namespace = definition.namespaced ? { namespace: 'n' } : {};
  const sent = { ...value, metadata: { name: 'x', ...namespace, ...(value as Partial<KubeObject>).metadata } };
  const { object } = decodeObject({ value: sent }, definition);
  definition.setDefaults(object);
  return { definition, object };
}

/** What a creation of the object is refused for; empty for a good one. */
export function creationErrors(storage: ResourceName, value: object): string[] {
  const { definition, object } = sentObject(storage, value);
  return definition.validate(object).map(fieldErrorMessage);
}

/** What an update from one object to the other is refused for. */
export function updateErrors(storage: ResourceName, value: object, current: object): string[] {
  const { definition, object } = sentObject(storage, value);
  const stored = sentObject(storage, current).object;
  return definition.validateUpdate(object, stored).map(fieldErrorMessage);
}
