import type { FieldError } from '../field-error.js';
import type { Event as CoreEvent } from '../kinds/api-types.js';
import { invalidFor, invalidValue, notSupported, required, tooLong } from './field-errors.js';
import { qualifiedNameMessages } from './names.js';

const MAX_NAME_BYTES = 128;
const MAX_NOTE_BYTES = 1024;

/**
 * An event is in the namespace of its object. Events of cluster-scoped objects are in `default`, and those of the newer
 * group may also be in kube-system.
 */
function validateNamespaceOf(event: CoreEvent): FieldError[] {
  const about = event.involvedObject.namespace ?? '';
  const own = event.metadata.namespace ?? '';
  const homes = event.eventTime ? ['default', 'kube-system'] : ['default'];
  if (about ? about === own : homes.includes(own)) return [];
  return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

const tooManyCharacters = (field: string, max: number): FieldError =>
  invalidValue(field, '', `can have at most ${max} characters`);

/**
 * Events of core/v1 (pkg/apis/core/validation legacyValidateEvent). Old clients send no eventTime, and their events
 * have few rules.
 */
export function validateLegacyEvent(event: CoreEvent): FieldError[] {
  const errors = validateNamespaceOf(event);
  if (!event.eventTime) return errors;
  const { reportingComponent = '', reportingInstance, action, reason, message = '' } = event;
  if (!reportingComponent) errors.push(required('reportingComponent'));
  errors.push(...invalidFor('reportingComponent', reportingComponent, qualifiedNameMessages(reportingComponent)));
  for (const [field, value = ''] of Object.entries({ reportingInstance, action, reason })) {
    if (!value) errors.push(required(field));
    if (Buffer.byteLength(value) > MAX_NAME_BYTES) errors.push(tooManyCharacters(field, MAX_NAME_BYTES));
  }
  if (Buffer.byteLength(message) > MAX_NOTE_BYTES) errors.push(tooManyCharacters('message', MAX_NOTE_BYTES));
  return errors;
}

/** Events of events.k8s.io/v1, in the stored form. Field names are those of that group. */
export function validateEvent(event: CoreEvent): FieldError[] {
  const errors = validateNamespaceOf(event).map((error) => ({ ...error, field: 'regarding.namespace' }));
  const named = (field: string, value: string | undefined, max: number): void => {
    if (!value) errors.push(required(field));
    else if (Buffer.byteLength(value) > max) errors.push(tooLong(field, max));
  };
  if (!event.eventTime) errors.push(required('eventTime'));
  named('reportingController', event.reportingComponent, Number.POSITIVE_INFINITY);
  named('reportingInstance', event.reportingInstance, MAX_NAME_BYTES);
  named('action', event.action, MAX_NAME_BYTES);
  named('reason', event.reason, MAX_NAME_BYTES);
  if (Buffer.byteLength(event.message ?? '') > MAX_NOTE_BYTES) errors.push(tooLong('message', MAX_NOTE_BYTES));
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    errors.push(notSupported('type', event.type, ['Normal', 'Warning']));
  }
  return errors;
}
