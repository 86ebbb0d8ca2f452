import { type Consuming, consumeForever, IDLE_HEARTBEAT_MS, watchDelivery } from './consuming.js';
import { type Delivery, deliveryOf } from './delivery.js';

/** Receives the messages of a stream from now on, in order. */
export interface Follower {
  onMessage(delivery: Delivery): void | Promise<void>;
  /** Called each time delivery begins again: messages may have been missed before this point. */
  onReset(): void;
}

/** Where the first delivery begins: at the next message, or with the last message of each subject. */
export type FollowFrom = 'new' | 'last-per-subject';

/** A consumer that is not read for so long is removed by the server. */
const INACTIVE_MS = 60_000;

/** See `Bus.follow`. */
export function follow(
  consuming: Consuming,
  stream: string,
  filter: string,
  follower: Follower,
  from: FollowFrom,
): Promise<void> {
  let policy: 'new' | 'last_per_subject' = from === 'new' ? 'new' : 'last_per_subject';
  return consumeForever(consuming, { stream }, async ({ js }, onStarted) => {
    const consumer = await js.consumers.get(stream, {
      filter_subjects: filter,
      deliver_policy: policy,
      inactive_threshold: INACTIVE_MS,
    });
    const messages = await consumer.consume({
      max_messages: 1000,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    const stop = watchDelivery(consuming, stream, messages);
    policy = 'new';
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
