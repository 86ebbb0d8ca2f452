import type { FieldError } from '../field-error.js';
import type { ResourceQuota, ResourceQuotaSpec, ResourceQuotaStatus } from '../kinds/api-types.js';
import { parseQuantity } from '../quantity/index.js';
import { IMMUTABLE, invalidFor, invalidValue, NEGATIVE } from './field-errors.js';
import { qualifiedNameMessages } from './names.js';

/** Resources that are counted in whole objects. */
const COUNTED =
  /^(pods|resourcequotas|services|replicationcontrollers|secrets|configmaps|persistentvolumeclaims|services\.(nodeports|loadbalancers))$/;
const MEASURED = /^((requests\.|limits\.)?(cpu|memory|ephemeral-storage)|requests\.storage|(requests\.)?hugepages-.+)$/;

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
    const errors = invalidFor(path, name, qualifiedNameMessages(name));
    const isCounted = COUNTED.test(name) || name.startsWith('count/');
    if (errors.length === 0 && !name.includes('/') && !isCounted && !MEASURED.test(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource for quota'));
    }
    const { nanos } = parseQuantity(amount);
    if (nanos < 0n) errors.push(invalidValue(path, amount, NEGATIVE));
    if (isCounted && nanos % 10n ** 9n !== 0n) errors.push(invalidValue(path, amount, 'must be an integer'));
    return errors;
  });
}

function scopeErrors({ scopes = [] }: ResourceQuotaSpec): FieldError[] {
  const errors = scopes.some((scope) => !SCOPES.includes(scope))
    ? [invalidValue('spec.scopes', scopes, 'unsupported scope')]
    : [];
  for (const pair of OPPOSITES) {
    if (pair.every((scope) => scopes.includes(scope))) {
      errors.push(invalidValue('spec.scopes', scopes, 'conflicting scopes'));
    }
  }
  return errors;
}

/** Source: pkg/apis/core/validation ValidateResourceQuota. */
export function validateResourceQuota({ spec }: ResourceQuota): FieldError[] {
  return [...amountErrors(spec?.hard, 'spec.hard'), ...scopeErrors(spec ?? {})];
}

export function validateResourceQuotaUpdate({ spec }: ResourceQuota, current: ResourceQuota): FieldError[] {
  const sorted = (scopes: string[] | undefined): string => JSON.stringify((scopes ?? []).toSorted());
  const same = sorted(spec?.scopes) === sorted(current.spec?.scopes);
  return same ? [] : [invalidValue('spec.scopes', spec?.scopes ?? null, IMMUTABLE)];
}

export function validateResourceQuotaStatus(status: ResourceQuotaStatus | undefined): FieldError[] {
  return [...amountErrors(status?.hard, 'status.hard'), ...amountErrors(status?.used, 'status.used')];
}
