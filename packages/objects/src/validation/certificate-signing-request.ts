import type { FieldError } from '../field-error.js';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { duplicate, forbidden, invalidValue, notSupported, oneOf, required, tooLong } from './field-errors.js';
import { dnsLabelMessages, dnsSubdomainMessages } from './names.js';

/** Source: pkg/apis/certificates/validation/validation.go, allValidUsages. */
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

const LEAST_SECONDS = 600;
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
const FINAL = ['Approved', 'Denied', 'Failed'];
const DECIDED = ['Approved', 'Denied'];
const MAX_DOMAIN = 253;
/** A label, a dot and a subdomain. */
const MAX_PATH = 63 + 1 + 253;

/**
 * Everything but the PKCS#10 text itself, which the api reads: that takes more than a pure function.
 * Source: validateCertificateSigningRequest.
 */
export function validateCertificateSigningRequest({ spec, status }: CertificateSigningRequest): FieldError[] {
  const { usages = [], signerName = '', expirationSeconds } = spec ?? {};
  const errors: FieldError[] = [];
  if (usages.length === 0) errors.push(required('spec.usages'));
  for (const [at, usage] of usages.entries()) {
    if (!USAGES.includes(usage)) errors.push(notSupported(`spec.usages[${at}]`, usage, USAGES));
  }
  for (const [at, usage] of usages.entries()) {
    if (usages.indexOf(usage) < at) errors.push(duplicate(`spec.usages[${at}]`, usage));
  }
  errors.push(...signerErrors(signerName));
  if (expirationSeconds !== undefined && expirationSeconds < LEAST_SECONDS) {
    const detail = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalidValue('spec.expirationSeconds', expirationSeconds, detail));
  }
  return [...errors, ...conditionErrors(status?.conditions ?? [])];
}

/** Source: pkg/apis/core/validation, ValidateSignerName. */
function signerErrors(name: string): FieldError[] {
  const field = 'spec.signerName';
  if (name === LEGACY_SIGNER) {
    return [invalidValue(field, name, 'the legacy signerName is not allowed via this API version')];
  }
  if (name === '') return [required(field)];
  const [domain = '', path, ...more] = name.split('/');
  if (path === undefined || more.length > 0) {
    const detail = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalidValue(field, name, detail)];
  }
  const errors: FieldError[] = [];
  if (domain.length > MAX_DOMAIN) errors.push(tooLong(field, MAX_DOMAIN));
  const labels = domain.split('.');
  errors.push(...labelErrors(field, domain, labels, dnsLabelMessages));
  if (labels.length < 2) {
    errors.push(invalidValue(field, domain, 'should be a domain with at least two segments separated by dots'));
  }
  errors.push(...labelErrors(field, path, path.split('.'), dnsSubdomainMessages));
  if (path.length > MAX_PATH) errors.push(tooLong(field, MAX_PATH));
  return errors;
}

const labelErrors = (
  field: string,
  value: string,
  labels: readonly string[],
  messages: (label: string) => string[],
): FieldError[] =>
  labels.flatMap((label) =>
    messages(label).map((message) =>
      invalidValue(field, value, `validating label ${JSON.stringify(label)}: ${message}`),
    ),
  );

/** Source: validateConditions. */
function conditionErrors(conditions: readonly CertificateSigningRequestCondition[]): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [at, { type, status }] of conditions.entries()) {
    const field = `status.conditions[${at}]`;
    if (!type) errors.push(required(`${field}.type`));
    const statuses = FINAL.includes(type) ? ['True'] : ['True', 'False', 'Unknown'];
    errors.push(...oneOf(`${field}.status`, status, statuses));
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined;
    if (other !== undefined && seen.has(other)) {
      errors.push(invalidValue(`${field}.type`, type, 'Approved and Denied conditions are mutually exclusive'));
    }
    if (seen.has(type)) errors.push(duplicate(`${field}.type`, type));
    seen.add(type);
  }
  return errors;
}

/** An update may set nothing of the status. Source: ValidateCertificateSigningRequestUpdate. */
export function validateCertificateSigningRequestUpdate(
  object: CertificateSigningRequest,
  current: CertificateSigningRequest,
): FieldError[] {
  return changeErrors(object, current, { decides: false, signs: false });
}

/** A write of /approval. Source: ValidateCertificateSigningRequestApprovalUpdate. */
export function validateApproval(object: CertificateSigningRequest, current: CertificateSigningRequest): FieldError[] {
  return [
    ...validateCertificateSigningRequest(object),
    ...changeErrors(object, current, { decides: true, signs: false }),
  ];
}

/** A write of /status. Source: ValidateCertificateSigningRequestStatusUpdate. */
export function validateSigning(object: CertificateSigningRequest, current: CertificateSigningRequest): FieldError[] {
  return [
    ...validateCertificateSigningRequest(object),
    ...changeErrors(object, current, { decides: false, signs: true }),
  ];
}

function changeErrors(
  object: CertificateSigningRequest,
  current: CertificateSigningRequest,
  { decides, signs }: { decides: boolean; signs: boolean },
): FieldError[] {
  const errors: FieldError[] = [];
  const of = ({ status }: CertificateSigningRequest, type: string) =>
    (status?.conditions ?? []).filter((condition) => condition.type === type);
  const refuse = (what: string, type: string) =>
    errors.push(forbidden('status.conditions', `updates may not ${what} a condition of type ${JSON.stringify(type)}`));
  for (const type of FINAL) if (of(object, type).length < of(current, type).length) refuse('remove', type);
  for (const type of decides ? [] : DECIDED) {
    const [now, before] = [of(object, type), of(current, type)];
    if (now.length > before.length) refuse('add', type);
    else if (now.length === before.length && !semanticallyEqual(now, before)) refuse('modify', type);
  }
  const [certificate, before] = [object.status?.certificate ?? '', current.status?.certificate ?? ''];
  if (certificate !== before) {
    const field = 'status.certificate';
    if (!signs) errors.push(forbidden(field, 'updates may not set certificate content'));
    else if (before !== '') errors.push(forbidden(field, 'updates may not modify existing certificate content'));
  }
  return errors;
}
