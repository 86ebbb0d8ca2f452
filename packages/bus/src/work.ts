import { backoffMs } from '@everynode/service-shell';
import type { JsMsg } from '@nats-io/jetstream';
import { type Consuming, consumeForever, IDLE_HEARTBEAT_MS, watchDelivery } from './consuming.js';
import { type Delivery, deliveryOf } from './delivery.js';

/** Messages of a durable consumer that wait in a process for their turn. */
const PULLED_AHEAD = 16;
/** How often the server learns that a message is still worked on: well within any consumer's ackWaitSeconds. */
const WORKING_MS = 500;

/** How many messages of a durable consumer one process handles at once. */
export interface WorkLimits {
  /** Messages handled at once. */
  messages: number;
  /** Bytes of their bodies together. One message is always handled. */
  bytes: number;
}

/** See `Bus.work`. */
export function work(
  consuming: Consuming,
  stream: string,
  durable: string,
  limits: WorkLimits,
  handle: (delivery: Delivery) => Promise<void>,
): Promise<void> {
  const { log } = consuming;
  return consumeForever(consuming, { stream, durable }, async ({ js }, onStarted) => {
    const consumer = await js.consumers.get(stream, durable);
    // Few, because what waits here unhandled for longer than the server waits is sent to others as well. By number and
    // not by bytes: on nats-server 2.9 a consumer that pulls by bytes is seen to have no pull outstanding, for half a
    // minute.
    const messages = await consumer.consume({
      max_messages: PULLED_AHEAD,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    const stop = watchDelivery(consuming, stream, messages);
    const running = new Set<Promise<void>>();
    const underWay = new Set<JsMsg>();
    let bytes = 0;
    const sayWorking = setInterval(() => {
      for (const message of underWay) message.working();
    }, WORKING_MS);
    try {
      onStarted();
      for await (const message of messages) {
        const size = message.data.length;
        underWay.add(message);
        bytes += size;
        const done: Promise<void> = handle(deliveryOf(message))
          .then(
            () => message.ack(),
            (error: unknown) => {
              const { subject, info } = message;
              log.warn({ err: error, subject }, 'a message could not be handled and comes again');
              // The server wants whole nanoseconds: with a fraction of one it sends the message again at once.
              message.nak(Math.ceil(backoffMs(info.deliveryCount)));
            },
          )
          .finally(() => {
            running.delete(done);
            underWay.delete(message);
            bytes -= size;
          });
        running.add(done);
        while (running.size >= limits.messages || bytes >= limits.bytes) await Promise.race(running);
      }
    } finally {
      stop();
      await Promise.allSettled(running);
      clearInterval(sayWorking);
    }
  });
}
