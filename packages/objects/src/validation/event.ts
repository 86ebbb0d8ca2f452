import type { Event as CoreEvent } from 'kubernetes-types/core/v1.js';
import type { FieldError } from '../field-error.js';
import { invalidValue, notSupported, required, tooLong } from './faults.js';

const MAX_NAME_BYTES = 128;
const MAX_NOTE_BYTES = 1024;

/** An event stands in the namespace of what it tells of; events of cluster-scoped objects in `default` or beside. */
function validateNamespaceOf(event: CoreEvent): FieldError[] {
  const about = event.involvedObject.namespace;
  const own = event.metadata.namespace;
  if (!about || about === own) return [];
  return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
}

/** Events of core/v1, which old clients write, have few rules (pkg/apis/core/validation legacyValidateEvent). */
export function validateLegacyEvent(event: CoreEvent): FieldError[] {
  return validateNamespaceOf(event);
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
