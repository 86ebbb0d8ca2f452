import type { FieldError } from '../field-error.js';
import type { Event as CoreEvent } from '../kinds/api-types.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { invalidFor, invalidValue, required } from './field-errors.js';
import { labelKeyMessages } from './names.js';
import { validateUnchanged } from './object-meta.js';

const MAX_NAME_BYTES = 128;
const MAX_NOTE_BYTES = 1024;

/** Source: pkg/apis/core/validation/events.go, legacyValidateEvent. Old clients send no eventTime. */
function commonErrors(event: CoreEvent, controllerField: string): FieldError[] {
  const about = event.involvedObject?.namespace ?? '';
  const own = event.metadata?.namespace ?? '';
  const elsewhere = invalidValue('involvedObject.namespace', about, 'does not match event.namespace');
  if (!event.eventTime) return (about ? about === own : own === 'default') ? [] : [elsewhere];
  const errors = about || own === 'default' || own === 'kube-system' ? [] : [elsewhere];
  const { reportingComponent: controller = '', reportingInstance, action, reason, message = '' } = event;
  if (!controller) errors.push(required(controllerField));
  errors.push(...invalidFor(controllerField, controller, labelKeyMessages(controller)));
  const tooLong = (field: string, max: number): FieldError =>
    invalidValue(field, '', `can have at most ${max} characters`);
  for (const [field, value = ''] of Object.entries({ reportingInstance, action, reason })) {
    if (!value) errors.push(required(field));
    if (Buffer.byteLength(value) > MAX_NAME_BYTES) errors.push(tooLong(field, MAX_NAME_BYTES));
  }
  if (Buffer.byteLength(message) > MAX_NOTE_BYTES) errors.push(tooLong('message', MAX_NOTE_BYTES));
  return errors;
}

/** Events of core/v1, new and changed. */
export const validateLegacyEvent = (event: CoreEvent): FieldError[] => commonErrors(event, 'reportingComponent');

/** Events of events.k8s.io/v1, new and changed, in the stored form, whose names upstream shows for most fields. */
export const validateEvent = (event: CoreEvent): FieldError[] => commonErrors(event, 'reportingController');

/** What a new event of events.k8s.io/v1 has and has not. Source: ValidateEventCreate. */
export function validateNewEvent(event: CoreEvent): FieldError[] {
  const { eventTime, type = '', firstTimestamp, lastTimestamp, count, source } = event;
  const errors = seriesErrors(event);
  if (!eventTime) errors.push(required('eventTime'));
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`));
  const old = {
    firstTimestamp,
    lastTimestamp,
    count,
    source: source?.component || source?.host,
  };
  for (const [field, value] of Object.entries(old)) {
    if (value) errors.push(invalidValue(field, '', 'needs to be unset'));
  }
  return errors;
}

function seriesErrors({ series }: CoreEvent): FieldError[] {
  if (!series) return [];
  return [
    ...((series.count ?? 0) < 2 ? [invalidValue('series.count', '', 'should be at least 2')] : []),
    ...(series.lastObservedTime ? [] : [required('series.lastObservedTime')]),
  ];
}

/** Fields that do not change, in upstream's order: it looks at the reason twice. */
const FIXED = [
  ['involvedObject', 'involvedObject'],
  ['reason', 'reason'],
  ['message', 'message'],
  ['source', 'source'],
  ['firstTimestamp', 'firstTimestamp'],
  ['lastTimestamp', 'lastTimestamp'],
  ['count', 'count'],
  ['reason', 'reason'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingComponent', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
] as const;

/** What an update of an event of events.k8s.io/v1 may not change. Source: ValidateEventUpdate. */
export function validateEventUpdate(event: CoreEvent, current: CoreEvent): FieldError[] {
  const errors = semanticallyEqual(event.series, current.series) ? [] : seriesErrors(event);
  return [
    ...errors,
    ...FIXED.flatMap(([name, field]) => validateUnchanged(field, event[name] ?? '', current[name] ?? '')),
  ];
}
