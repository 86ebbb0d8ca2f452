import { ApiError, decodeObject, type ResourceName, resourceByStorage } from '@everynode/objects';
import type { ApiContext } from './api-context.js';
import { createObject } from './rest/create.js';
import { ownersOfUpdate } from './write/field-owners.js';

/** An object as it is created, with its name. */
export interface Creatable {
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

/**
 * Creates an object unless another replica, or an earlier start, has created it. Returns false when it was in the
 * caches already. `manager` is the name under which upstream's writer of the object owns its fields.
 */
export async function ensureObject(
  context: ApiContext,
  resource: ResourceName,
  namespace: string,
  value: Creatable,
  manager = 'kube-apiserver',
): Promise<boolean> {
  // A replica that starts again has them all in its caches, and asks Postgres nothing.
  if (context.reflector.cache(resource).get(namespace, value.metadata.name)) return false;
  const definition = resourceByStorage(resource);
  try {
    const { object } = decodeObject({ value }, definition);
    const owners = ownersOfUpdate({ definition, subresource: '', manager });
    await createObject(context, { definition, namespace, object, dryRun: false, owners });
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'AlreadyExists') throw error;
  }
  return true;
}
