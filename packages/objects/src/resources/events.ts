import type { Event } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { eventTable } from '../table/index.js';
import { validateEvent, validateEventUpdate, validateLegacyEvent, validateNewEvent } from '../validation/event.js';
import { pathSegmentMessages } from '../validation/names.js';
import { defineResource, type FieldReaders } from './define-resource.js';

/** Readers of the fields of the object that an event is about. An event from a client may name no object. */
const aboutFields = (prefix: string): FieldReaders<Stored<Event>> =>
  Object.fromEntries(
    (['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const).map((name) => [
      `${prefix}.${name}`,
      ({ involvedObject }: Partial<Event>) => involvedObject?.[name] ?? '',
    ]),
  );

const fields: FieldReaders<Stored<Event>> = {
  ...aboutFields('involvedObject'),
  reason: (object) => object.reason ?? '',
  reportingComponent: (object) => object.reportingComponent ?? '',
  source: (object) => object.source?.component || object.reportingComponent || '',
  type: (object) => object.type ?? '',
};

/** The fields of events.k8s.io. Objects are read in their stored form. Source: pkg/apis/events/v1/conversion.go. */
const groupedFields: FieldReaders<Stored<Event>> = {
  ...aboutFields('regarding'),
  reason: (object) => object.reason ?? '',
  type: (object) => object.type ?? '',
  reportingController: (object) => object.reportingComponent ?? '',
};

export const events = defineResource<Stored<Event>>({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
  createsOnUpdate: true,
  schema: 'io.k8s.api.core.v1.Event',
  shortNames: ['ev'],
  fields,
  nameRule: pathSegmentMessages,
  ownMetadata: 'nothing',
  validate: (object) => validateLegacyEvent(object),
  table: eventTable,
});

/** Fields with different names in the two groups: [events.k8s.io/v1, v1]. */
const NAMES: [string, string][] = [
  ['note', 'message'],
  ['regarding', 'involvedObject'],
  ['reportingController', 'reportingComponent'],
  ['deprecatedSource', 'source'],
  ['deprecatedFirstTimestamp', 'firstTimestamp'],
  ['deprecatedLastTimestamp', 'lastTimestamp'],
  ['deprecatedCount', 'count'],
];

function renamed(object: KubeObject, apiVersion: string, names: [from: string, to: string][]): KubeObject {
  const known = new Map(names);
  const entries = Object.entries(object).map(([key, value]) => [known.get(key) ?? key, value]);
  return { ...(Object.fromEntries(entries) as KubeObject), apiVersion, kind: 'Event' };
}

const toStored = (object: KubeObject): Stored<Event> => renamed(object, 'v1', NAMES) as Stored<Event>;
function fromStored(object: KubeObject): KubeObject {
  const names = NAMES.map(([name, stored]): [string, string] => [stored, name]);
  const event = renamed(object, 'events.k8s.io/v1', names);
  // Go writes these of v1 even when they are empty, and those of the newer group not.
  for (const name of ['reportingController', 'reportingInstance']) if (event[name] === '') delete event[name];
  return event;
}

/** The same events under the newer group. They are stored in the form of v1. */
export const groupedEvents: ResourceDefinition = {
  ...defineResource<Stored<Event>>({
    group: 'events.k8s.io',
    version: 'v1',
    kind: 'Event',
    plural: 'events',
    namespaced: true,
    createsOnUpdate: true,
    schema: 'io.k8s.api.events.v1.Event',
    shortNames: ['ev'],
    storage: 'events',
    fields: groupedFields,
    validate: (object) => validateEvent(toStored(object)),
    validateNew: (object) => validateNewEvent(toStored(object)),
    validateUpdate: (object, current) => validateEventUpdate(toStored(object), toStored(current)),
    table: { columns: eventTable.columns, row: (object, now) => eventTable.row(toStored(object), now) },
  }),
  convert: { toStored, fromStored },
};
