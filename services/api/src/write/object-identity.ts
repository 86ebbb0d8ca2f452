import { ApiError, conflict, type KubeObject, type OwnerReference } from '@everynode/objects';
import { subjectOf, type Target } from './target.js';

/**
 * An object belongs where the request's path says: one that names no namespace gets the path's, one of a kind without
 * namespaces loses its own. @throws ApiError BadRequest for another namespace. Source: apiserver registry/rest/meta.go.
 */
export function placeInNamespace(
  { definition, namespace }: Pick<Target, 'definition' | 'namespace'>,
  object: KubeObject,
): void {
  const { metadata } = object;
  if (!definition.namespaced) {
    delete metadata.namespace;
    return;
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw new ApiError(
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  metadata.namespace = namespace;
}

/**
 * @throws ApiError BadRequest for an object that is not named as the path. Source: apiserver handlers/rest.go,
 * checkName.
 */
export function checkName({ name }: Target, { metadata }: KubeObject): void {
  if (!metadata.name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (metadata.name !== name) {
    throw new ApiError(
      'BadRequest',
      `the name of the object (${metadata.name}) does not match the name on the URL (${name})`,
    );
  }
}

/** The Conflict of a write that names a uid which the stored object does not have. */
export const otherUid = (target: Target, asked: string, found: string, dryRun: boolean): ApiError =>
  preconditionFailed(target, 'UID', asked, found, dryRun);

/** The same for a resourceVersion, where upstream's storage checks it. */
export const otherVersion = (target: Target, asked: string, found: string, dryRun: boolean): ApiError =>
  preconditionFailed(target, 'ResourceVersion', asked, found, dryRun);

/** In the words of upstream's storage. A dry run ends before the storage puts its own prefix before the key. */
function preconditionFailed(target: Target, what: string, asked: string, found: string, dryRun: boolean): ApiError {
  const { definition, namespace, name } = target;
  const kind = definition.storage === 'nodes' ? 'minions' : definition.plural;
  const key = [dryRun ? '' : '/registry', kind, ...(definition.namespaced ? [namespace] : []), name].join('/');
  const failed = `Precondition failed: ${what} in precondition: ${asked}, ${what} in object meta: ${found}`;
  return conflict(
    subjectOf(target),
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${failed}`,
  );
}

const DOUBLE_OWNERS = (when: string, uids: string): string =>
  `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`;

/** Removes repeated owner references. Returns a warning about them, if there are any. */
export function dropDoubleOwners(object: KubeObject, how: 'sent' | 'patched'): string[] {
  const owners = object.metadata.ownerReferences ?? [];
  if (owners.length < 2) return [];
  const kept = new Map<string, OwnerReference>();
  const doubles: string[] = [];
  for (const owner of owners) {
    // References are in canonical form, so equal ones have equal text.
    const text = JSON.stringify(owner);
    if (kept.has(text)) doubles.push(owner.uid);
    else kept.set(text, owner);
  }
  if (doubles.length === 0) return [];
  object.metadata.ownerReferences = [...kept.values()];
  return [DOUBLE_OWNERS(how === 'patched' ? ' after mutating admission happens' : '', doubles.join(', '))];
}
