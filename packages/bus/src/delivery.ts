import type { HeaderCarrier } from '@everynode/service-shell';
import type { JsMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import { type CloudEvent, cloudEventOf } from './cloud-event.js';

/** One message. */
export interface Delivery {
  subject: string;
  event: CloudEvent | undefined;
  /** The body. It is a view of the socket's buffer, which is used again: decode it, and do not keep it. */
  bytes: Uint8Array;
  /** The body as text. Each access decodes it again. */
  readonly body: string;
  /** Carries the trace that the sender was in. */
  headers?: HeaderCarrier;
}

export function deliveryOf(message: JsMsg | Msg): Delivery {
  const { subject, headers, data } = message;
  return {
    subject,
    event: cloudEventOf(headers),
    bytes: data,
    get body() {
      return message.string();
    },
    ...(headers && { headers }),
  };
}
