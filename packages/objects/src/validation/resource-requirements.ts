import type { FieldError } from '../field-error.js';
import type { ResourceRequirements } from '../kinds/api-types.js';
import { compareQuantities, parseQuantity } from '../quantity/index.js';
import { invalidFor, invalidValue, NEGATIVE, required } from './field-errors.js';
import { qualifiedNameMessages } from './names.js';

type Amounts = Record<string, string>;

const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;
/** Resources whose request may be less than the limit. All others get what they request. */
const OVERCOMMITTED = /^(cpu|memory|ephemeral-storage)$/;

const own = (amounts: Amounts | undefined, name: string): string | undefined =>
  amounts && Object.hasOwn(amounts, name) ? amounts[name] : undefined;

function validateAmounts(amounts: Amounts, field: string): FieldError[] {
  return Object.entries(amounts).flatMap(([name, amount]) => {
    const path = `${field}[${name}]`;
    const errors = invalidFor(path, name, qualifiedNameMessages(name));
    if (!name.includes('/') && !STANDARD.test(name)) {
      errors.push(invalidValue(path, name, 'must be a standard resource for containers'));
    }
    const { nanos } = parseQuantity(amount);
    if (nanos < 0n) errors.push(invalidValue(path, amount, NEGATIVE));
    if (name.includes('/') && nanos % 10n ** 9n !== 0n) errors.push(invalidValue(path, amount, 'must be an integer'));
    return errors;
  });
}

/**
 * Amounts are not negative, and requests are no greater than limits (pkg/apis/core/validation
 * ValidateResourceRequirements).
 */
export function validateResources({ limits, requests }: ResourceRequirements, field: string): FieldError[] {
  const errors = [
    ...validateAmounts(limits ?? {}, `${field}.limits`),
    ...validateAmounts(requests ?? {}, `${field}.requests`),
  ];
  for (const [name, request] of Object.entries(requests ?? {})) {
    const limit = own(limits, name);
    if (limit === undefined) {
      if (!OVERCOMMITTED.test(name)) {
        errors.push(required(`${field}.limits`, 'Limit must be set for non overcommitable resources'));
      }
      continue;
    }
    const order = compareQuantities(parseQuantity(request), parseQuantity(limit));
    if (order !== 0 && !OVERCOMMITTED.test(name)) {
      errors.push(invalidValue(`${field}.requests`, request, `must be equal to ${name} limit of ${limit}`));
    } else if (order > 0) {
      errors.push(
        invalidValue(`${field}.requests`, request, `must be less than or equal to ${name} limit of ${limit}`),
      );
    }
  }
  return errors;
}
