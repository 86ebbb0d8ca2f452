import { type Consuming, consumeForever } from './consuming.js';
import { deliveryOf } from './delivery.js';
import type { Follower } from './follow.js';

/** See `Bus.subscribe`. */
export function subscribe(consuming: Consuming, subject: string, follower: Follower): Promise<void> {
  return consumeForever(consuming, { subject }, async ({ connection }, onStarted) => {
    const subscription = connection.subscribe(subject);
    const stop = (): void => subscription.unsubscribe();
    consuming.signal.addEventListener('abort', stop, { once: true });
    try {
      // The server answers in order: it has taken the subscription then, or the subscription has failed.
      await connection.flush();
      if (subscription.isClosed()) throw new Error(`a subscription was refused: ${subject}`);
      onStarted();
      follower.onReset();
      for await (const message of subscription) await follower.onMessage(deliveryOf(message));
    } finally {
      consuming.signal.removeEventListener('abort', stop);
      stop();
    }
  });
}
