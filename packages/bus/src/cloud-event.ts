import { randomUUID } from 'node:crypto';
import { headers, type MsgHdrs } from '@nats-io/transport-node';

/** CloudEvents 1.0 in NATS binary mode: attributes in headers, the body is the data. */
export interface CloudEvent {
  /** `ce-type`. */
  type: string;
  /** `ce-source`: the sender, a URI reference: `/everynode/relay`, `/everynode/agent/agent-1`. */
  source: string;
  /** `ce-id`; unique with source. A message with the same id is stored once within the stream's duplicate window. */
  id?: string;
  /** `ce-subject`: the one object that the event is about, if there is one. */
  subject?: string;
  /** `content-type` of the body. */
  contentType?: string;
}

const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';

/** Headers for an event that happens now. `now` is in ms since 1970. */
export function cloudEventHeaders(event: CloudEvent, now: number): MsgHdrs {
  const carrier = headers();
  carrier.set('ce-specversion', '1.0');
  carrier.set('ce-type', event.type);
  carrier.set('ce-source', event.source);
  carrier.set('ce-id', event.id ?? randomUUID());
  carrier.set('ce-time', new Date(now).toISOString());
  if (event.subject !== undefined) carrier.set('ce-subject', event.subject);
  carrier.set('content-type', event.contentType ?? JSON_TYPE);
  return carrier;
}

/** Reads the attributes back; undefined for a message that is not a CloudEvent. */
export function cloudEventOf(carrier: MsgHdrs | undefined): CloudEvent | undefined {
  if (carrier?.get('ce-specversion') !== '1.0') return undefined;
  return {
    type: carrier.get('ce-type'),
    source: carrier.get('ce-source'),
    id: carrier.get('ce-id'),
    subject: carrier.get('ce-subject'),
    contentType: carrier.get('content-type'),
  };
}
