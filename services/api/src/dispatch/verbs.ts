import { ApiError, type Verb } from '@everynode/objects';
import type { ResourcePath } from '../http/resource-path.js';

/** The verb of a request, as upstream's authorisation and audit name it; undefined for a method without one. */
export function verbOf(method: string, { name, subresource, watches }: ResourcePath, watch: boolean): Verb | undefined {
  if (watches) return method === 'GET' ? 'watch' : undefined;
  switch (method) {
    case 'GET':
      if (name !== undefined) return 'get';
      return watch ? 'watch' : 'list';
    case 'POST':
      return name === undefined || subresource !== undefined ? 'create' : undefined;
    case 'PUT':
      return name === undefined ? undefined : 'update';
    case 'PATCH':
      return name === undefined ? undefined : 'patch';
    case 'DELETE':
      return name === undefined ? 'deletecollection' : 'delete';
    default:
      return undefined;
  }
}

const METHODS: Readonly<Record<Verb, string>> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/** The path is known, but not with this method. */
export class MethodNotAllowed extends ApiError {
  /** @param allow the methods that the path is known with, for the Allow header. */
  constructor(readonly allow: string[]) {
    super('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }
}

/** @throws MethodNotAllowed where the path does not have the verb. */
export function requireVerb(path: ResourcePath, verb: Verb | undefined): Verb {
  const allowed = verbsAt(path);
  if (verb !== undefined && allowed.includes(verb)) return verb;
  throw new MethodNotAllowed([...new Set(allowed.map((one) => METHODS[one]))].sort());
}

const COLLECTION_VERBS: readonly Verb[] = ['list', 'watch', 'create', 'deletecollection'];

/** The verbs of a resource that a path has. */
function verbsAt({ definition, name, namespace, subresource, watches }: ResourcePath): readonly Verb[] {
  if (watches) return definition.verbs.filter((verb) => verb === 'watch');
  if (subresource !== undefined) return definition.subresources.find(({ name }) => name === subresource)?.verbs ?? [];
  if (name !== undefined) return definition.verbs.filter((verb) => !COLLECTION_VERBS.includes(verb));
  // Over all namespaces a collection can only be read.
  const acrossAll = definition.namespaced && namespace === '';
  const here: readonly Verb[] = acrossAll ? ['list', 'watch'] : COLLECTION_VERBS;
  return definition.verbs.filter((verb) => here.includes(verb));
}
