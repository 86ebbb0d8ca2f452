export { editMetadata, objectOf } from './current.js';
export { newKey, readKeys, writeKeys } from './encryption/key-file.js';
export type { RevokedAgent, RevokedCertificate } from './enrolments.js';
export {
  CompactedError,
  DataRefusedError,
  FencedError,
  StoreOverloadedError,
  StoreUnavailableError,
} from './errors.js';
export type { CommittedBatch } from './group-commit/committed-batch.js';
export { isBounded } from './group-commit/quota-ledger.js';
export type { RelayLead } from './relay-leader.js';
export { prepareDatabase } from './roles/prepare-database.js';
export { type HeldShard, SHARD_COUNT, type ShardHolder } from './shard-leases.js';
export type { KnownObject, ReadIfChanged } from './statements/read-if-changed.js';
export type { SnapshotScope } from './statements/read-snapshot.js';
export { Store } from './store.js';
export type {
  Current,
  Decision,
  Fence,
  ObjectKey,
  WriteRequest,
  WriteResult,
} from './write.js';
