import { type ConsumerDeclaration, consumers, type StreamDeclaration, streams } from '@everynode/contract';
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';

/**
 * Creates the declared streams and durable consumers, and brings existing ones up to their declaration. A server cannot
 * change the storage or retention of a stream; a stream that differs there is deleted and created again, which loses
 * nothing, because Postgres has everything.
 */
export async function ensureTopology(manager: JetStreamManager): Promise<void> {
  for (const declaration of Object.values(streams)) await ensureStream(manager, declaration);
  for (const declaration of Object.values(consumers)) await ensureConsumer(manager, declaration);
}

async function ensureStream(manager: JetStreamManager, declaration: StreamDeclaration): Promise<void> {
  const config = {
    name: declaration.name,
    subjects: declaration.subjects,
    storage: StorageType.Memory,
    retention: declaration.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_bytes: declaration.maxBytes,
    max_age: nanos(declaration.maxAgeSeconds * 1000),
    max_msgs_per_subject: declaration.maxMessagesPerSubject,
    max_msg_size: declaration.maxMessageBytes,
    duplicate_window: nanos(Math.min(declaration.duplicateWindowSeconds, declaration.maxAgeSeconds) * 1000),
    num_replicas: 1,
  };
  try {
    await manager.streams.add(config);
  } catch (addError) {
    // Two replicas may start at once, and an older release may have left another shape behind.
    try {
      await manager.streams.update(config.name, config);
    } catch (cause) {
      const existing = await manager.streams.info(config.name).then(
        (info) => info.config,
        () => undefined,
      );
      if (!existing) throw addError;
      if (existing.storage === config.storage && existing.retention === config.retention) throw cause;
      await manager.streams.delete(config.name);
      await manager.streams.add(config);
    }
  }
}

async function ensureConsumer(manager: JetStreamManager, declaration: ConsumerDeclaration): Promise<void> {
  await manager.consumers.add(declaration.stream, {
    durable_name: declaration.durable,
    filter_subject: declaration.filter,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(declaration.ackWaitSeconds * 1000),
    max_ack_pending: declaration.maxAckPending,
    max_deliver: declaration.maxDeliver,
    deliver_policy: DeliverPolicy.All,
  });
}
