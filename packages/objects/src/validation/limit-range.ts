import type { FieldError } from '../field-error.js';
import type { LimitRange, LimitRangeItem } from '../kinds/api-types.js';
import { compareQuantities, parseQuantity } from '../quantity/index.js';
import { duplicate, forbidden, invalidFor, invalidValue, required } from './field-errors.js';
import { labelKeyMessages } from './names.js';
import { isOvercommitAllowed, validateContainerResourceName, validateResourceName } from './resource-names.js';

const TYPES = ['Container', 'Pod', 'PersistentVolumeClaim'];
const AMOUNTS = ['max', 'min', 'default', 'defaultRequest', 'maxLimitRequestRatio'] as const;
type Amount = (typeof AMOUNTS)[number];

function typeErrors(type: string, field: string): FieldError[] {
  const messages = labelKeyMessages(type);
  if (messages.length > 0) return invalidFor(field, type, messages);
  if (type.includes('/') || TYPES.includes(type)) return [];
  return [invalidValue(field, type, 'must be a standard limit type or fully qualified')];
}

const nameErrors = (type: string, name: string, field: string): FieldError[] =>
  type === 'Pod' || type === 'Container'
    ? validateContainerResourceName(name, field)
    : validateResourceName(name, field);

/**
 * Pairs of amounts: the first must not exceed the second. With the one that the error names, and their names in the
 * message.
 */
const ORDER: [low: Amount, high: Amount, at: Amount, lowName: string, highName: string][] = [
  ['min', 'max', 'min', 'min', 'max'],
  ['min', 'defaultRequest', 'defaultRequest', 'min', 'default request'],
  ['defaultRequest', 'max', 'defaultRequest', 'default request', 'max'],
  ['defaultRequest', 'default', 'defaultRequest', 'default request', 'default limit'],
  ['min', 'default', 'default', 'min', 'default'],
  ['default', 'max', 'default', 'default', 'max'],
];

function orderErrors(item: LimitRangeItem, name: string, field: string): FieldError[] {
  const amountOf = (amount: Amount): string | undefined => {
    const list = item[amount];
    return list && Object.hasOwn(list, name) ? list[name] : undefined;
  };
  const errors = ORDER.flatMap(([low, high, at, lowName, highName]) => {
    const [least, most] = [amountOf(low), amountOf(high)];
    if (least === undefined || most === undefined) return [];
    if (compareQuantities(parseQuantity(least), parseQuantity(most)) <= 0) return [];
    const detail = `${lowName} value ${least} is greater than ${highName} value ${most}`;
    // At the default, upstream prints the other amount.
    const shown = at === 'default' ? (low === 'default' ? most : least) : amountOf(at);
    return [invalidValue(`${field}.${at}[${name}]`, shown, detail)];
  });
  const ratio = amountOf('maxLimitRequestRatio');
  if (ratio !== undefined && parseQuantity(ratio).nanos < 10n ** 9n) {
    errors.push(invalidValue(`${field}.maxLimitRequestRatio[${name}]`, ratio, `ratio ${ratio} is less than 1`));
  }
  const [min, max] = [amountOf('min'), amountOf('max')];
  if (ratio !== undefined && min !== undefined && max !== undefined) {
    const most = Number(parseQuantity(max).nanos) / Number(parseQuantity(min).nanos);
    if (Number(parseQuantity(ratio).nanos) / 1e9 > most) {
      const shown = Number.isFinite(most) ? most.toFixed(6) : '+Inf';
      const detail = `ratio ${ratio} is greater than max/min = ${shown}`;
      errors.push(invalidValue(`${field}.maxLimitRequestRatio[${name}]`, ratio, detail));
    }
  }
  const [limit, request] = [amountOf('default'), amountOf('defaultRequest')];
  if (limit !== undefined && request !== undefined && !isOvercommitAllowed(name)) {
    if (compareQuantities(parseQuantity(limit), parseQuantity(request)) !== 0) {
      const detail = `default value ${limit} must equal to defaultRequest value ${request} in ${name}`;
      errors.push(invalidValue(`${field}.defaultRequest[${name}]`, request, detail));
    }
  }
  return errors;
}

function itemErrors(item: LimitRangeItem, field: string): FieldError[] {
  const { type } = item;
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const amount of AMOUNTS) {
    const list = Object.keys(item[amount] ?? {});
    const isDefault = amount === 'default' || amount === 'defaultRequest';
    if (type === 'Pod' && isDefault) {
      if (list.length > 0) errors.push(forbidden(`${field}.${amount}`, "may not be specified when `type` is 'Pod'"));
      continue;
    }
    for (const name of list) {
      names.add(name);
      errors.push(...nameErrors(type, name, `${field}.${amount}[${name}]`));
    }
  }
  if (type === 'PersistentVolumeClaim' && item.min?.storage === undefined && item.max?.storage === undefined) {
    const detail = 'either minimum or maximum storage value is required, but neither was provided';
    errors.push(required(`${field}.limits`, detail));
  }
  return [...errors, ...[...names].sort().flatMap((name) => orderErrors(item, name, field))];
}

/** Source: pkg/apis/core/validation ValidateLimitRange. */
export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const seen = new Set<string>();
  return (spec?.limits ?? []).flatMap((item, at) => {
    const field = `spec.limits[${at}]`;
    const errors = typeErrors(item.type, `${field}.type`);
    if (seen.has(item.type)) errors.push(duplicate(`${field}.type`, item.type));
    seen.add(item.type);
    return [...errors, ...itemErrors(item, field)];
  });
}
