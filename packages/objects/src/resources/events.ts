import type { Event as CoreEvent } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { eventTable } from '../table/index.js';
import { validateEvent, validateLegacyEvent } from '../validation/event.js';
import { defineResource } from './define-resource.js';

const eventOf = (object: KubeObject): CoreEvent => object as unknown as CoreEvent;
const involved = (object: KubeObject): Partial<Record<string, string>> =>
  (eventOf(object).involvedObject ?? {}) as Partial<Record<string, string>>;

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'];

const fields: ResourceDefinition['fields'] = {
  ...Object.fromEntries(
    INVOLVED.map((name) => [`involvedObject.${name}`, (object: KubeObject) => involved(object)[name] ?? '']),
  ),
  reason: (object) => eventOf(object).reason ?? '',
  reportingComponent: (object) => eventOf(object).reportingComponent ?? '',
  source: (object) => eventOf(object).source?.component || eventOf(object).reportingComponent || '',
  type: (object) => eventOf(object).type ?? '',
};

/** The same questions in the words of events.k8s.io; objects are asked in their stored form. */
const groupedFields: ResourceDefinition['fields'] = {
  ...fields,
  ...Object.fromEntries(
    INVOLVED.map((name) => [`regarding.${name}`, (object: KubeObject) => involved(object)[name] ?? '']),
  ),
  reportingController: (object) => eventOf(object).reportingComponent ?? '',
};

export const events = defineResource({
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  namespaced: true,
  createsOnUpdate: true,
  schema: 'io.k8s.api.core.v1.Event',
  shortNames: ['ev'],
  fields,
  validate: (object) => validateLegacyEvent(eventOf(object)),
  table: eventTable,
});

/** Fields that the two groups call by different names: [events.k8s.io/v1, v1]. */
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

const toStored = (object: KubeObject): KubeObject => renamed(object, 'v1', NAMES);
const fromStored = (object: KubeObject): KubeObject =>
  renamed(
    object,
    'events.k8s.io/v1',
    NAMES.map(([name, stored]) => [stored, name]),
  );

/** The same events under the group that came after. They are stored in the form of v1. */
export const groupedEvents: ResourceDefinition = {
  ...defineResource({
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
    validate: (object) => validateEvent(eventOf(toStored(object))),
    table: { columns: eventTable.columns, row: (object, now) => eventTable.row(toStored(object), now) },
  }),
  convert: { toStored, fromStored },
};
