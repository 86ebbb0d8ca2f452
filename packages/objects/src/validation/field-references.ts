import type { FieldError } from '../field-error.js';
import type { ObjectFieldSelector, ResourceFieldSelector } from '../kinds/api-types.js';
import { invalidFor, invalidValue, notSupported, required } from './field-errors.js';
import { labelKeyMessages } from './names.js';

/** Fields of a pod that its environment can show, sorted. */
export const POD_FIELDS_OF_ENV = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
/** Fields of a pod that the files of a volume can show, sorted. */
export const POD_FIELDS_OF_FILES = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];
/** What upstream knows of a pod's fields here: every field of the lists above, and the old name of nodeName. */
const KNOWN: ReadonlySet<string> = new Set([
  ...POD_FIELDS_OF_ENV,
  ...POD_FIELDS_OF_FILES,
  'spec.host',
  'status.phase',
  'spec.restartPolicy',
  'spec.schedulerName',
]);

/** `metadata.labels['key']` in its parts. Source: pkg/fieldpath SplitMaybeSubscriptedPath. */
function splitSubscripted(fieldPath: string): [path: string, subscript?: string] {
  const at = fieldPath.endsWith("']") ? fieldPath.slice(0, -2).indexOf("['") : -1;
  return at < 1 ? [fieldPath] : [fieldPath.slice(0, at), fieldPath.slice(at + 2, -2)];
}

/** Source: pkg/apis/core/validation validateObjectFieldSelector, pkg/apis/core/pods ConvertDownwardAPIFieldLabel. */
export function validateFieldReference(
  { apiVersion, fieldPath }: ObjectFieldSelector,
  fields: readonly string[],
  field: string,
): FieldError[] {
  if (!apiVersion) return [required(`${field}.apiVersion`)];
  if (!fieldPath) return [required(`${field}.fieldPath`)];
  const [path, subscript] = splitSubscripted(fieldPath);
  const fails = (reason: string): FieldError[] => [
    invalidValue(`${field}.fieldPath`, fieldPath, `error converting fieldPath: ${reason}`),
  ];
  if (apiVersion !== 'v1') return fails(`unsupported pod version: ${apiVersion}`);
  const subscriptable = path === 'metadata.annotations' || path === 'metadata.labels';
  if (subscript !== undefined) {
    if (!subscriptable) return fails(`field label does not support subscript: ${fieldPath}`);
    const key = path === 'metadata.annotations' ? subscript.toLowerCase() : subscript;
    return invalidFor(field, key, labelKeyMessages(key));
  }
  if (!KNOWN.has(path)) return fails(`field label not supported: ${path}`);
  const known = path === 'spec.host' ? 'spec.nodeName' : path;
  return fields.includes(known) ? [] : [notSupported(`${field}.fieldPath`, known, fields)];
}

const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];
const HUGE_PAGES = /^(limits|requests)\.hugepages-/;
const UNITS = '1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei';
const BYTE_DIVISORS: ReadonlySet<string> = new Set(UNITS.split(', '));

/** Source: validateContainerResourceFieldSelector. A file must name its container, a variable belongs to one. */
export function validateResourceReference(
  { containerName, resource, divisor }: ResourceFieldSelector,
  needsContainer: boolean,
  field: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if (needsContainer && !containerName) errors.push(required(`${field}.containerName`));
  else if (!resource) errors.push(required(`${field}.resource`));
  else if (!RESOURCES.includes(resource) && !HUGE_PAGES.test(resource)) {
    errors.push(notSupported(`${field}.resource`, resource, RESOURCES));
  }
  return [...errors, ...divisorErrors(resource ?? '', divisor ?? '0', `${field}.divisor`)];
}

function divisorErrors(resource: string, divisor: string, field: string): FieldError[] {
  if (divisor === '0') return [];
  const [, name = ''] = /^(?:limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-)/.exec(resource) ?? [];
  if (name === 'cpu') {
    const detail = "only divisor's values 1m and 1 are supported with the cpu resource";
    return divisor === '1' || divisor === '1m' ? [] : [invalidValue(field, resource, detail)];
  }
  if (name === '' || BYTE_DIVISORS.has(divisor)) return [];
  const words = { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }[name] ?? 'hugepages';
  return [invalidValue(field, resource, `only divisor's values ${UNITS} are supported with the ${words} resource`)];
}
