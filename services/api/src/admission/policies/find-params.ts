import type { ObjectCache } from '@everynode/list-watch';
import {
  type KubeObject,
  matchesLabelSelector,
  type ParamKind,
  type ParamRef,
  type ResourceDefinition,
  resources,
} from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import { paramsIn } from './stored-policies.js';

/** Parameters that cannot be found. The policy's failurePolicy decides about the request. */
export class ParamsError extends Error {
  override readonly name = 'ParamsError';
  readonly retryable = false;
}

/**
 * The parameters of a binding; one undefined where it needs none. Source: apiserver plugin/policy/generic,
 * CollectParams. @throws ParamsError
 */
export function findParams(
  { reflector }: ApiContext,
  kind: ParamKind | undefined,
  ref: ParamRef | undefined,
  namespace: string,
): (KubeObject | undefined)[] {
  if (!kind) return [undefined];
  if (!ref) return [undefined];
  const definition = definitionOf(kind);
  if (!definition) {
    throw new ParamsError(`failed to find resource referenced by paramKind: '${kind.apiVersion}, Kind=${kind.kind}'`);
  }
  const place = placeOf(definition, ref, namespace);
  const cache = reflector.cache(definition.storage) as unknown as ObjectCache;
  const found = ref.name ? [cache.get(place, ref.name)] : [...cache.list(definition.namespaced ? place : undefined)];
  const matched = found.flatMap((one) => {
    if (!one) return [];
    return ref.selector === undefined || matchesLabelSelector(ref.selector, one.labels) ? [paramsIn(one)] : [];
  });
  if (matched.length > 0) return matched;
  if (ref.parameterNotFoundAction === 'Allow') return [];
  throw new ParamsError('no params found for policy binding with `Deny` parameterNotFoundAction');
}

const definitionOf = ({ apiVersion = '', kind = '' }: ParamKind): ResourceDefinition | undefined => {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return resources.find((one) => one.group === group && one.version === version && one.kind === kind);
};

function placeOf({ namespaced }: ResourceDefinition, { namespace: asked }: ParamRef, namespace: string): string {
  if (!namespaced) {
    if (asked)
      throw new ParamsError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
    return '';
  }
  if (asked) return asked;
  if (namespace === '') {
    throw new ParamsError('cannot use namespaced paramRef in policy binding that matches cluster-scoped resources');
  }
  return namespace;
}
