import type { FieldError } from '../field-error.js';
import type { PodSpec, ResourceClaim, ResourceRequirements } from '../kinds/api-types.js';
import { podQuantities } from '../pod-resources.js';
import { compareQuantities, formatQuantity, parseQuantity, QuantityError } from '../quantity/index.js';
import { duplicate, forbidden, invalidFor, invalidValue, missing, NEGATIVE, required } from './field-errors.js';
import { dnsLabelMessages } from './names.js';
import {
  isHugePages,
  isOvercommitAllowed,
  isWhole,
  validateContainerResourceName,
  validatePodResourceName,
} from './resource-names.js';

type Amounts = Record<string, string>;
type NameRule = (name: string, field: string) => FieldError[];

const NANOS_IN_ONE = 10n ** 9n;
const own = (amounts: Amounts | undefined, name: string): string | undefined =>
  amounts && Object.hasOwn(amounts, name) ? amounts[name] : undefined;

/** Source: pkg/apis/core/validation ValidateResourceQuantityValue. */
export function validateAmount(name: string, amount: string, field: string): FieldError[] {
  const { nanos } = parseQuantity(amount);
  const errors = nanos < 0n ? [invalidValue(field, amount, NEGATIVE)] : [];
  if (nanos % NANOS_IN_ONE !== 0n && isWhole(name)) errors.push(invalidValue(field, amount, 'must be an integer'));
  return errors;
}

/** Huge pages come as a whole. Source: helper.IsHugePageResourceValueDivisible. */
function pageErrors(name: string, amount: string, field: string): FieldError[] {
  let page = 0n;
  try {
    page = parseQuantity(name.slice('hugepages-'.length)).nanos;
  } catch (error) {
    if (!(error instanceof QuantityError)) throw error;
  }
  const { nanos } = parseQuantity(amount);
  if (page > 0n && nanos >= 0n && nanos % page === 0n) return [];
  return [invalidValue(field, amount, `${amount} is not positive integer multiple of ${name}`)];
}

function validateAmounts(amounts: Amounts | undefined, nameRule: NameRule, field: string): FieldError[] {
  if (!amounts) return [];
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const path = `${field}[${name}]`;
    const errors = [...nameRule(name, path), ...validateAmount(name, amount, path)];
    return isHugePages(name) ? [...errors, ...pageErrors(name, amount, path)] : errors;
  });
}

/** Requests are no greater than limits, and equal to them where a resource cannot be promised twice. */
function orderErrors({ limits, requests }: ResourceRequirements, field: string): FieldError[] {
  return Object.entries(requests ?? {}).flatMap(([name, request]) => {
    const limit = own(limits, name);
    const shared = isOvercommitAllowed(name);
    if (limit === undefined) {
      return shared ? [] : [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')];
    }
    const order = request === limit ? 0 : compareQuantities(parseQuantity(request), parseQuantity(limit));
    const detail = shared ? 'must be less than or equal to' : 'must be equal to';
    if (shared ? order <= 0 : order === 0) return [];
    return [invalidValue(`${field}.requests`, request, `${detail} ${name} limit of ${limit}`)];
  });
}

function validateRequirements(
  resources: ResourceRequirements,
  nameRule: NameRule,
  claims: ReadonlySet<string>,
  field: string,
): FieldError[] {
  const { limits, requests } = resources;
  const errors = [
    ...validateAmounts(limits, nameRule, `${field}.limits`),
    ...validateAmounts(requests, nameRule, `${field}.requests`),
    ...orderErrors(resources, field),
  ];
  const names = [...Object.keys(limits ?? {}), ...Object.keys(requests ?? {})];
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    errors.push(forbidden(field, 'HugePages require cpu or memory'));
  }
  return [...errors, ...claimErrors(resources.claims ?? [], claims, `${field}.claims`)];
}

/** Source: validateResourceClaimNames. */
function claimErrors(used: readonly ResourceClaim[], claims: ReadonlySet<string>, field: string): FieldError[] {
  const seen = new Set<string>();
  let names: string | undefined;
  return used.flatMap(({ name, request }, index) => {
    const path = `${field}[${index}]`;
    if (!name) return [required(path)];
    const errors: FieldError[] = [];
    if (seen.has(name)) errors.push(duplicate(path, name));
    else {
      const key = request ? `${name}/${request}` : name;
      if (request) errors.push(...invalidFor(`${path}.request`, request, dnsLabelMessages(request)));
      if (seen.has(key)) errors.push(duplicate(path, key));
      else if (!request) {
        for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(path, name));
      }
      seen.add(key);
    }
    if (!claims.has(name)) {
      names ??= claims.size === 0 ? ' which is empty' : `: ${[...claims].sort().join(', ')}`;
      errors.push({ ...missing(path, name), detail: `must be one of the names in pod.spec.resourceClaims${names}` });
    }
    return errors;
  });
}

/** pkg/apis/core/validation ValidateContainerResourceRequirements. `claims` are those of the pod. */
export function validateResources(
  resources: ResourceRequirements,
  field: string,
  claims: ReadonlySet<string> = new Set(),
): FieldError[] {
  return validateRequirements(resources, validateContainerResourceName, claims, field);
}

/** The resources of a pod as a whole. Source: validatePodResources, validatePodResourceConsistency. */
export function validatePodResources(spec: PodSpec, claims: ReadonlySet<string>, field: string): FieldError[] {
  const { resources, os } = spec;
  if (!resources) return [];
  if (os?.name === 'windows') return [forbidden(field, 'may not be set for a windows pod')];
  const errors: FieldError[] = [];
  if (resources.claims) {
    errors.push(forbidden(`${field}.claims`, 'claims may not be set for Resources at pod-level'));
  }
  errors.push(...validateRequirements(resources, validatePodResourceName, claims, field));
  return [...errors, ...consistencyErrors(spec, resources, field)];
}

/** What is said of the pod is enough for its containers, as far as it is said. */
function consistencyErrors(
  { resources: _whole, overhead: _overhead, ...parts }: PodSpec,
  resources: ResourceRequirements,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['requests', 'limits'] as const) {
    for (const [name, sum] of podQuantities(parts, list)) {
      if (list === 'limits' && !isHugePages(name)) continue;
      const asked = own(resources[list], name);
      if (asked === undefined || compareQuantities(sum, parseQuantity(asked)) <= 0) continue;
      const detail = `must be greater than or equal to aggregate container ${list} of ${formatQuantity(sum)}`;
      errors.push(invalidValue(`${field}.${list}[${name}]`, asked, detail));
    }
  }
  for (const [index, container] of (parts.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const most = own(resources.limits, name);
      if (most === undefined || compareQuantities(parseQuantity(limit), parseQuantity(most)) <= 0) continue;
      const path = `${field}.containers[${index}][${name}].limits`;
      errors.push(invalidValue(path, limit, `must be less than or equal to pod limits of ${most}`));
    }
  }
  return errors;
}
