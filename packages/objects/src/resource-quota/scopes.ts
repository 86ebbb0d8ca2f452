import { qosClassOf } from '../defaults/qos-class.js';
import type {
  Pod,
  PodAffinityTerm,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
  WeightedPodAffinityTerm,
} from '../kinds/api-types.js';
import type { CountedClaim, CountedObject } from './usage.js';

/**
 * True where a quota's scopes have the object. Pods have scopes, and volume claims one; other objects count in quotas
 * without scopes only. Source: apiserver/pkg/quota/v1/generic/evaluator.go, Matches.
 */
export function isInScopes(
  { scopes = [], scopeSelector }: ResourceQuotaSpec,
  resource: string,
  object: CountedObject,
): boolean {
  const required = [
    ...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(scopeSelector?.matchExpressions ?? []),
  ];
  return required.every((one) => hasScope(one, resource, object));
}

function hasScope(required: ScopedResourceSelectorRequirement, resource: string, object: CountedObject): boolean {
  if (resource === 'pods') return podHasScope(required, object as Pod);
  if (resource !== 'persistentvolumeclaims' || required.scopeName !== 'VolumeAttributesClass') return false;
  return isSelected(required, classesOf(object as CountedClaim));
}

/** Source: pkg/quota/v1/evaluator/core/pods.go, podMatchesScopeFunc. */
function podHasScope(required: ScopedResourceSelectorRequirement, { spec, status }: Pod): boolean {
  const isTerminating = (spec?.activeDeadlineSeconds ?? -1) >= 0;
  const isBestEffort = (): boolean => (status?.qosClass ?? qosClassOf(spec ?? { containers: [] })) === 'BestEffort';
  switch (required.scopeName) {
    case 'Terminating':
      return isTerminating;
    case 'NotTerminating':
      return !isTerminating;
    case 'BestEffort':
      return isBestEffort();
    case 'NotBestEffort':
      return !isBestEffort();
    case 'PriorityClass':
      return isSelected(required, spec?.priorityClassName ? [spec.priorityClassName] : []);
    case 'CrossNamespacePodAffinity':
      return looksAtOtherNamespaces(spec?.affinity);
    default:
      return false;
  }
}

/** True where one of the values is selected, or where there is none and none is selected. */
function isSelected({ operator, values = [] }: ScopedResourceSelectorRequirement, present: readonly string[]): boolean {
  switch (operator) {
    case 'Exists':
      return present.length > 0;
    case 'DoesNotExist':
      return present.length === 0;
    case 'In':
      return present.some((value) => values.includes(value));
    case 'NotIn':
      return present.length === 0 || present.some((value) => !values.includes(value));
    default:
      return false;
  }
}

const classesOf = ({ spec, status }: CountedClaim): string[] =>
  [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== '') as string[];

type Affinity = NonNullable<Pod['spec']>['affinity'];

function looksAtOtherNamespaces(affinity: Affinity): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((one) => {
    const preferred: WeightedPodAffinityTerm[] = one?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const terms: PodAffinityTerm[] = [
      ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...preferred.map(({ podAffinityTerm }) => podAffinityTerm),
    ];
    return terms.some(({ namespaces, namespaceSelector }) => namespaces?.length || namespaceSelector != null);
  });
}
