import { type Consuming, consumeForever, stopWithConnection } from './consuming.js';
import { type Delivery, deliveryOf } from './delivery.js';

/** Receives the messages of a stream from now on, in order. */
export interface Follower {
  onMessage(delivery: Delivery): void | Promise<void>;
  /** Called each time delivery begins again: messages may have been missed before this point. */
  onReset(): void;
}

/** Where delivery begins: at the next message, or with the last message of each subject. */
export type FollowFrom = 'new' | 'last-per-subject';

/** See `Bus.follow`. */
export function follow(
  consuming: Consuming,
  stream: string,
  filter: string,
  follower: Follower,
  from: FollowFrom,
): Promise<void> {
  return consumeForever(consuming, { stream }, async (onStarted) => {
    const consumer = await consuming.js.consumers.get(stream, {
      filter_subjects: filter,
      deliver_policy: from === 'new' ? 'new' : 'last_per_subject',
    });
    const messages = await consumer.consume({ max_messages: 1000, abort_on_missing_resource: true });
    const stop = stopWithConnection(consuming, messages);
    try {
      onStarted();
      follower.onReset();
      for await (const message of messages) {
        await follower.onMessage(deliveryOf(message));
      }
    } finally {
      stop();
    }
  });
}
