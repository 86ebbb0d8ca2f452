import type { Logger } from '@everynode/service-shell';
import { backoffMs, pause } from '@everynode/service-shell';
import type { ConsumerMessages } from '@nats-io/jetstream';
import { RECONNECT } from './reconnect.js';
import type { Session, Sessions } from './sessions.js';

/**
 * A server that has no messages says so this often, in ms. After two that did not come, the stream or the consumer is
 * taken for lost: a server does not say that it was deleted.
 */
export const IDLE_HEARTBEAT_MS = 1000;

/** What consuming a stream needs of its connection. */
export interface Consuming {
  sessions: Pick<Sessions, 'next'>;
  log: Logger;
  /** Ends all consuming. */
  signal: AbortSignal;
  /** Deliveries that are under way: each begins again when its stream has lost messages. */
  deliveries: Set<{ readonly stream: string; restart(): void }>;
  /** Called when a delivery begins. */
  onStarted(): void;
  /** Called when a delivery has failed. It begins again after a moment. */
  onFailed(error: unknown): void;
}

/**
 * Runs `once` on each session, and again with back-off after an error, until the signal aborts. `once` calls
 * `onStarted` when it works, and returns when its session ends.
 */
export async function consumeForever(
  consuming: Consuming,
  description: { stream: string; durable?: string } | { subject: string },
  once: (session: Session, onStarted: () => void) => Promise<void>,
): Promise<void> {
  const { sessions, log, signal } = consuming;
  for (let failures = 0; !signal.aborted; ) {
    const session = await sessions.next(signal);
    if (!session) return;
    try {
      await once(session, () => {
        failures = 0;
        consuming.onStarted();
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.warn({ err: error, failures, ...description }, 'a delivery failed');
      consuming.onFailed(error);
      await pause(backoffMs(failures, RECONNECT), signal);
    }
  }
}

/**
 * Ends the messages when the signal aborts, and with an error when the server shows no sign of life. The client would
 * ask the server what is wrong, and after a question without an answer only half a minute later again. Returns the
 * function that ends this.
 */
export function watchDelivery(
  { signal, deliveries }: Consuming,
  stream: string,
  messages: ConsumerMessages,
): () => void {
  const stop = (): void => messages.stop();
  const delivery = { stream, restart: stop };
  deliveries.add(delivery);
  signal.addEventListener('abort', stop, { once: true });
  // It may have aborted while the delivery began.
  if (signal.aborted) stop();
  void (async () => {
    for await (const { type } of messages.status()) {
      if (type === 'heartbeats_missed') messages.stop(new Error('no sign of life from the stream'));
    }
  })();
  return () => {
    deliveries.delete(delivery);
    signal.removeEventListener('abort', stop);
    messages.stop();
  };
}
