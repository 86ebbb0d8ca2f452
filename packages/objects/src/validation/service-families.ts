import type { FieldError } from '../field-error.js';
import type { ServiceSpec } from '../kinds/api-types.js';
import { familyOf, validateAddress } from './addresses.js';
import { duplicate, invalidValue, notSupported, required } from './field-errors.js';

const FIELD = 'spec.clusterIPs';
const FAMILIES = ['IPv4', 'IPv6'];
const POLICIES = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** The addresses and families of a service. Source: ValidateServiceClusterIPsRelatedFields. */
export function validateServiceFamilies(spec: ServiceSpec, isHeadless: boolean): FieldError[] {
  const { clusterIP, clusterIPs: addresses = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const errors: FieldError[] = [];
  if (clusterIP) {
    if (addresses.length === 0) errors.push(required(FIELD));
    else if (addresses[0] !== clusterIP) {
      errors.push(invalidValue(FIELD, addresses, 'first value must match `clusterIP`'));
    }
  } else if (addresses.length > 0) {
    errors.push(invalidValue(FIELD, addresses, 'must be empty when `clusterIP` is not specified'));
  }
  for (const [at, family] of ipFamilies.entries()) {
    const field = `spec.ipFamilies[${at}]`;
    if (!FAMILIES.includes(family)) errors.push(notSupported(field, family, FAMILIES));
    if (ipFamilies.indexOf(family) < at) errors.push(duplicate(field, family));
  }
  if (ipFamilyPolicy !== undefined && !POLICIES.includes(ipFamilyPolicy)) {
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, POLICIES));
  }
  const isMixed = addresses[0] === 'None' && addresses.length > 1;
  if (isMixed) errors.push(invalidValue(FIELD, addresses, "'None' must be the first and only value"));
  const faults = addresses.flatMap((ip, at) =>
    at === 0 && ip === 'None' ? [] : validateAddress(`${FIELD}[${at}]`, ip),
  );
  errors.push(...faults);
  if (addresses.length > 2) errors.push(invalidValue(FIELD, addresses, 'may only hold up to 2 values'));
  // What follows is about the families of addresses.
  if (isMixed || faults.length > 0) return errors;
  if (addresses.length > 1 && new Set(addresses.map(familyOf)).size < addresses.length) {
    errors.push(invalidValue(FIELD, addresses, 'may specify no more than one IP for each IP family'));
  }
  if (isHeadless) return errors;
  for (const [at, family] of ipFamilies.entries()) {
    const address = addresses[at];
    if (address === undefined || !FAMILIES.includes(family) || `IPv${familyOf(address)}` === family) continue;
    const detail = `expected an ${family} value as indicated by \`ipFamilies[${at}]\``;
    errors.push(invalidValue(`${FIELD}[${at}]`, address, detail));
  }
  return errors;
}
