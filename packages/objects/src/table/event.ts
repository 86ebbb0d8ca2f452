import type { Event } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { ageSince } from './age.js';
import { column, NAME, of, wideColumn } from './columns.js';

interface Sightings {
  first: string;
  last: string;
  count: number;
}

/** A series has its own last time and count; an event without a count happened once. */
function sightingsOf(event: Partial<Event>, now: number): Sightings {
  const first = ageSince(event.firstTimestamp || event.eventTime, now);
  if (event.series) {
    return { first, last: ageSince(event.series.lastObservedTime, now), count: event.series.count ?? 0 };
  }
  return { first, last: event.lastTimestamp ? ageSince(event.lastTimestamp, now) : first, count: event.count || 1 };
}

function targetOf({ involvedObject }: Partial<Event>): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase();
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind;
}

/** The component and its host; events of the newer API name both in the reporting fields. */
function sourceOf(event: Partial<Event>): string {
  const component = event.source?.component || event.reportingComponent || '';
  const host = event.source?.host || event.reportingInstance;
  return host ? `${component}, ${host}` : component;
}

/** `kubectl get events`. Rule: pkg/printers/internalversion, printEvent. Takes core/v1 events. */
export const eventTable: TableDefinition<Stored<Event>> = {
  columns: [
    column('Last Seen', of('core.v1.Event', 'lastTimestamp')),
    column('Type', of('core.v1.Event', 'type')),
    column('Reason', of('core.v1.Event', 'reason')),
    column('Object', of('core.v1.Event', 'involvedObject')),
    wideColumn('Subobject', of('core.v1.ObjectReference', 'fieldPath')),
    wideColumn('Source', of('core.v1.Event', 'source')),
    column('Message', of('core.v1.Event', 'message')),
    wideColumn('First Seen', of('core.v1.Event', 'firstTimestamp')),
    // Upstream declares the type `string` for this number.
    wideColumn('Count', of('core.v1.Event', 'count')),
    { ...NAME, priority: 1 },
  ],
  row(object, now) {
    const event: Partial<Event> = object;
    const { first, last, count } = sightingsOf(event, now);
    return {
      cells: [
        last,
        event.type ?? '',
        event.reason ?? '',
        targetOf(event),
        event.involvedObject?.fieldPath ?? '',
        sourceOf(event),
        (event.message ?? '').trim(),
        first,
        count,
        object.metadata.name,
      ],
    };
  },
};
