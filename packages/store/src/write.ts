import type { RecordParts } from '@everynode/objects';

/** Where an object lives. */
export interface ObjectKey {
  resource: string;
  namespace: string;
  name: string;
}

/** How much of the stored object a decision needs; less is cheaper. The desired state is the largest part. */
export type ReadLevel = 'head' | 'observed' | 'all-but-desired' | 'all';

/** The stored object as a decision sees it. Parts above the asked level are undefined. */
export interface Current {
  uid: string;
  revision: number;
  placement: string | null;
  deleting: boolean;
  sequence: number;
  metadata: string | undefined;
  desired: string | undefined;
  observed: string | null | undefined;
}

/**
 * What to do with an object. Parts that are left out stay as they are.
 *
 * `create` needs there to be none, `update` and `delete` one. A delete may give last words: the parts as they are to be
 * shown in the DELETED event.
 */
export type Decision =
  | {
      kind: 'create';
      uid: string;
      parts: RecordParts;
      placement: string | null;
      deleting?: boolean;
    }
  | {
      kind: 'update';
      parts: Partial<RecordParts>;
      placement?: string | null;
      deleting?: boolean;
      sequence?: number;
    }
  | { kind: 'delete'; parts?: Partial<RecordParts> }
  | { kind: 'keep' };

/** Proof that the writer still holds its shard; checked inside the transaction. */
export interface Fence {
  shard: number;
  epoch: number;
}

/**
 * One write. `decide` sees the object as it is inside the transaction, with every other writer held off, so what it
 * returns needs no retry on conflict. It must be pure and quick; an error it throws rejects this write and no other.
 */
export interface WriteRequest {
  key: ObjectKey;
  reads: ReadLevel;
  decide: (current: Current | undefined) => Decision;
  fence?: Fence;
  /** Background writes (events) wait behind all others. */
  background?: boolean;
}

export interface WriteResult {
  outcome: 'created' | 'updated' | 'deleted' | 'kept';
  uid: string | undefined;
  /** Revision of this write; for `kept` the revision that the object has, 0 when there is none. */
  revision: number;
}
