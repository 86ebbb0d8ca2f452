import { randomUUID } from 'node:crypto';
import { headers, type MsgHdrs } from '@nats-io/transport-node';

/** CloudEvents 1.0 in NATS binary mode: attributes in headers, the body is the data. */
export interface CloudEvent {
  /** `ce-type`. */
  type: string;
  /** `ce-source`: who says it, a URI reference: `/everynode/relay`, `/everynode/agent/agent-1`. */
  source: string;
  /** `ce-id`; unique with source. A message with the same id is stored once within the stream's duplicate window. */
  id?: string;
  /** `ce-subject`: what it speaks of, if that is one thing. */
  subject?: string;
  /** `content-type` of the body. */
  contentType?: string;
}

export const JSON_TYPE = 'application/json';
export const NDJSON_TYPE = 'application/x-ndjson';

/** Headers for an event that happens now. `now` is ms since the epoch. */
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

/** Reads the attributes back; undefined where a message is no CloudEvent. */
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
