import type { BackoffOptions, Logger } from '@everynode/service-shell';
import { backoffMs, pause } from '@everynode/service-shell';
import type { ConsumerMessages, JetStreamClient } from '@nats-io/jetstream';

export const RECONNECT: BackoffOptions = { firstMs: 100, maxMs: 2000 };

/** What consuming a stream needs of its connection. */
export interface Consuming {
  js: JetStreamClient;
  log: Logger;
  /** Ends all consuming. */
  signal: AbortSignal;
  /** Called when the connection is back: each ends one delivery, which then begins again. */
  restarts: Set<() => void>;
  /**
   * Declares the streams again, when this connection has declared them: a server that was away may have come back
   * empty.
   */
  declareAgain(): Promise<void>;
}

/**
 * Runs `once` again and again, with back-off after an error, until the signal aborts. `once` calls `onStarted` when it
 * works.
 */
export async function consumeForever(
  { log, signal, declareAgain }: Consuming,
  description: { stream: string; durable?: string },
  once: (onStarted: () => void) => Promise<void>,
): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      await once(() => {
        failures = 0;
      });
    } catch (error) {
      if (signal.aborted) return;
      failures += 1;
      log.warn({ err: error, failures, ...description }, 'consuming a stream failed');
      await pause(backoffMs(failures, RECONNECT), signal);
      if (!signal.aborted) await declareAgain();
    }
  }
}

/** Stops the messages when the connection restarts or the signal aborts. Returns the function that ends this. */
export function stopWithConnection({ restarts, signal }: Consuming, messages: ConsumerMessages): () => void {
  const stop = (): void => messages.stop();
  restarts.add(stop);
  signal.addEventListener('abort', stop, { once: true });
  return () => {
    restarts.delete(stop);
    signal.removeEventListener('abort', stop);
    messages.stop();
  };
}
