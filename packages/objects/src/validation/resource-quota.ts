import type { FieldError } from '../field-error.js';
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus } from '../kinds/api-types.js';
import { IMMUTABLE, invalidValue, required } from './field-errors.js';
import { BAD_OPERATOR } from './label-selector.js';
import { isStandardResource, validateResourceName } from './resource-names.js';
import { validateAmount } from './resource-requirements.js';

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];
/** A pod has one scope of each pair, so a quota with both would never match. */
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
];

function amountErrors(amounts: Record<string, string> | undefined, field: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, amount]) => {
    const path = `${field}[${name}]`;
    const errors = validateResourceName(name, path);
    if (!name.includes('/') && !isStandard(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource for quota'));
    }
    return [...errors, ...validateAmount(name, amount, path)];
  });
}

/** Resources of pods and of claims that a scope can select. Others have no scope. */
const OF_PODS = /^(pods|(requests\.|limits\.)?(cpu|memory))$/;
const OF_CLAIMS = /^(persistentvolumeclaims|requests\.storage)$/;

/** Source: pkg/apis/core/helper, IsStandardQuotaResourceName. */
const isStandard = (name: string): boolean => name !== 'storage' && isStandardResource(name);

/** Source: pkg/apis/core/helper, IsResourceQuotaScopeValidForResource. */
function selects(scope: string, resource: string): boolean {
  if (!SCOPES.includes(scope)) return true;
  if (scope === 'BestEffort') return resource === 'pods';
  return (scope === 'VolumeAttributesClass' ? OF_CLAIMS : OF_PODS).test(resource);
}

/** More than there are. Sizes of huge pages have no end, and each name is compared with each scope. */
const MOST_NAMES = 100;

/** The resources of a quota that scopes select from. */
const standardNames = ({ hard }: ResourceQuotaSpec): string[] =>
  Object.keys(hard ?? {})
    .filter(isStandard)
    .slice(0, MOST_NAMES);

const UNSUPPORTED = 'unsupported scope applied to resource';

function scopeErrors(spec: ResourceQuotaSpec): FieldError[] {
  const { scopes = [] } = spec;
  const names = standardNames(spec);
  const refuse = (detail: string): FieldError => invalidValue('spec.scopes', scopes, detail);
  return [
    ...scopes.flatMap((scope) => [
      ...(SCOPES.includes(scope) ? [] : [refuse('unsupported scope')]),
      ...names.filter((name) => !selects(scope, name)).map(() => refuse(UNSUPPORTED)),
    ]),
    ...conflicts(scopes, () => refuse('conflicting scopes')),
  ];
}

const conflicts = (scopes: readonly string[], refuse: () => FieldError): FieldError[] =>
  OPPOSITES.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(refuse);

const ONLY_EXISTS = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity'];
const MUST_EXIST =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, " +
  'ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity';

/** Source: pkg/apis/core/validation, validateScopedResourceSelectorRequirement. Its paths have no index. */
function selectorErrors(spec: ResourceQuotaSpec): FieldError[] {
  const requirements = spec.scopeSelector?.matchExpressions ?? [];
  const field = 'spec.scopeSelector.matchExpressions';
  // Printed with the names that the fields have in Go.
  const printed = {
    MatchExpressions: requirements.map(({ scopeName: ScopeName, operator: Operator, values: Values = null }) => ({
      ScopeName,
      Operator,
      Values,
    })),
  };
  const resources = standardNames(spec);
  const errors = requirements.flatMap(({ scopeName, operator, values = [] }) => [
    ...(SCOPES.includes(scopeName) ? [] : [invalidValue(`${field}.scopeName`, scopeName, 'unsupported scope')]),
    ...resources.filter((name) => !selects(scopeName, name)).map(() => invalidValue(field, printed, UNSUPPORTED)),
    ...(ONLY_EXISTS.includes(scopeName) && operator !== 'Exists'
      ? [invalidValue(`${field}.operator`, operator, MUST_EXIST)]
      : []),
    ...valueErrors(operator, values, field),
  ]);
  const names = requirements.map(({ scopeName }) => scopeName);
  return [...errors, ...conflicts(names, () => invalidValue(field, spec.scopes ?? null, 'conflicting scopes'))];
}

function valueErrors(operator: string, values: readonly string[], field: string): FieldError[] {
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return values.length > 0 ? [] : [required(`${field}.values`, detail)];
    }
    case 'Exists':
    case 'DoesNotExist': {
      const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return values.length === 0 ? [] : [invalidValue(`${field}.values`, values, detail)];
    }
    default:
      return [invalidValue(`${field}.operator`, operator, BAD_OPERATOR)];
  }
}

/** Source: pkg/apis/core/validation ValidateResourceQuota. */
export function validateResourceQuota({ spec }: ResourceQuota): FieldError[] {
  return [...amountErrors(spec?.hard, 'spec.hard'), ...scopeErrors(spec ?? {}), ...selectorErrors(spec ?? {})];
}

export function validateResourceQuotaUpdate({ spec }: ResourceQuota, current: ResourceQuota): FieldError[] {
  const sorted = (scopes: string[] | undefined): string => JSON.stringify((scopes ?? []).toSorted());
  const same = sorted(spec?.scopes) === sorted(current.spec?.scopes);
  return same ? [] : [invalidValue('spec.scopes', spec?.scopes ?? null, IMMUTABLE)];
}

export function validateResourceQuotaStatus(status: ResourceQuotaStatus | undefined): FieldError[] {
  return [...amountErrors(status?.hard, 'status.hard'), ...amountErrors(status?.used, 'status.used')];
}
