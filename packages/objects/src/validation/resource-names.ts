import type { FieldError } from '../field-error.js';
import { invalidFor, invalidValue, notSupported } from './field-errors.js';
import { labelKeyMessages } from './names.js';

/** Source: pkg/apis/core/helper/helpers.go, standardResources. */
const STANDARD: ReadonlySet<string> = new Set(
  (
    'cpu memory ephemeral-storage requests.cpu requests.memory requests.ephemeral-storage limits.cpu limits.memory ' +
    'limits.ephemeral-storage pods resourcequotas services replicationcontrollers secrets configmaps ' +
    'persistentvolumeclaims storage requests.storage services.nodeports services.loadbalancers'
  ).split(' '),
);
/** Resources that are counted. */
const COUNTED: ReadonlySet<string> = new Set(
  (
    'pods resourcequotas services replicationcontrollers secrets configmaps persistentvolumeclaims ' +
    'services.nodeports services.loadbalancers'
  ).split(' '),
);

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-');

/** Source: pkg/apis/core/helper, IsStandardResourceName. */
export const isStandardResource = (name: string): boolean =>
  STANDARD.has(name) || isHugePages(name) || name.startsWith('requests.hugepages-');

/** Resources of Kubernetes itself: without a domain or of kubernetes.io. */
const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/');

/** A resource of a device plugin. Source: helper.IsExtendedResourceName. */
const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && labelKeyMessages(`requests.${name}`).length === 0;

/** True when the request of a resource may be less than its limit. Source: helper.IsOvercommitAllowed. */
export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !isHugePages(name);

/** True when amounts are whole numbers. Source: helper.IsIntegerResourceName. */
export const isWhole = (name: string): boolean => COUNTED.has(name) || isExtended(name);

/** Source: validateResourceName. */
export function validateResourceName(name: string, field: string): FieldError[] {
  const messages = labelKeyMessages(name);
  if (messages.length > 0) return invalidFor(field, name, messages);
  if (name.includes('/') || isStandardResource(name)) return [];
  return [invalidValue(field, name, 'must be a standard resource type or fully qualified')];
}

/** Source: validateContainerResourceName. */
export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  if (!name.includes('/')) {
    const isOwn = name === 'cpu' || name === 'memory' || name === 'ephemeral-storage' || isHugePages(name);
    if (!isOwn) errors.push(invalidValue(field, name, 'must be a standard resource for containers'));
  } else if (!isNative(name) && !isExtended(name)) {
    errors.push(invalidValue(field, name, "doesn't follow extended resource name standard"));
  }
  return errors;
}

const OF_PODS = ['cpu', 'hugepages-', 'memory'];

/** True for the resources of which a pod as a whole may ask. */
export const isOfPods = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name);

/** Source: validatePodResourceName. */
export function validatePodResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field);
  return errors.length > 0 || isOfPods(name) ? errors : [notSupported(field, name, OF_PODS)];
}
