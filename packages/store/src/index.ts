export type { AssignedPod } from './assigned-pods.js';
export type { CommittedBatch } from './committed-batch.js';
export { editMetadata, objectOf } from './current.js';
export { CompactedError, FencedError, StoreOverloadedError, StoreUnavailableError } from './errors.js';
export type { ExpiredEvent } from './expired-events.js';
export type { KnownObject, Newer } from './read-if-changed.js';
export type { RelayLead } from './relay-leader.js';
export { fairShare, type HeldShard, SHARD_COUNT } from './shard-leases.js';
export * from './store.js';
export type {
  Current,
  CurrentHead,
  Decision,
  Fence,
  ObjectKey,
  ReadLevel,
  WriteRequest,
  WriteResult,
} from './write.js';
