import type { ResourceName, StoredParts } from '@everynode/objects';

/** Where an object lives. */
export interface ObjectKey {
  resource: ResourceName;
  namespace: string;
  name: string;
}

/** What every decision sees of the stored object. */
export interface CurrentHead {
  uid: string;
  revision: number;
  placement: string | null;
  deleting: boolean;
  sequence: number;
}

/** The stored object by read level. The desired state is the largest part, so most levels leave it out. */
interface CurrentAt {
  head: CurrentHead;
  observed: CurrentHead & Pick<StoredParts, 'observed'>;
  'all-but-desired': CurrentHead & Pick<StoredParts, 'metadata' | 'observed'>;
  all: CurrentHead & StoredParts;
}

/** How much of the stored object a decision reads. Less is cheaper. */
export type ReadLevel = keyof CurrentAt;

/**
 * The stored object as a decision that reads at level `L` sees it. Parts above the level do not exist in the type. A
 * decision may be used at its own level and at every higher one, and at no lower one.
 */
export type Current<L extends ReadLevel> = CurrentAt[L];

/**
 * What to do with an object. Parts that are left out stay as they are.
 *
 * `create` needs there to be none, `update` and `delete` one. A delete may carry parts too: the DELETED event shows
 * them in place of the stored ones.
 */
export type Decision =
  | {
      kind: 'create';
      uid: string;
      parts: StoredParts;
      placement: string | null;
      deleting?: boolean;
      sequence?: number;
    }
  | {
      kind: 'update';
      parts: Partial<StoredParts>;
      placement?: string | null;
      deleting?: boolean;
      sequence?: number;
    }
  | { kind: 'delete'; parts?: Partial<StoredParts> }
  | {
      kind: 'keep';
      /** The number of a report that changes nothing. It is no part of the object, which gets no new revision. */
      sequence?: number;
    };

/** Proof that the writer still holds its shard; checked inside the transaction. */
export interface Fence {
  shard: number;
  epoch: number;
}

/**
 * One write. `decide` gets the object as it is inside the transaction, with every other writer held off, so what it
 * returns needs no retry on conflict. It must be pure and quick; an error it throws rejects this write and no other.
 */
export interface WriteRequest<L extends ReadLevel> {
  key: ObjectKey;
  reads: L;
  decide: (current: Current<L> | undefined) => Decision;
  fence?: Fence;
  /**
   * The last moment at which the write may be decided, in ms of the monotonic clock (`performance.now`). Later it is
   * rejected. Without a deadline a write waits until its outcome is known.
   */
  deadline?: number | undefined;
  /** Aborts when the client has given up. A write that is not decided yet is then rejected. */
  signal?: AbortSignal | undefined;
  /** Whose write it is. The writes of a batch are decided in turn by flow; what takes long may be left for the next. */
  flow?: string;
  /** Background writes (events) wait behind all others. */
  background?: boolean;
}

export interface WriteResult {
  outcome: 'created' | 'updated' | 'deleted' | 'kept';
  uid: string | undefined;
  /** Revision of this write; for `kept` the revision that the object has, 0 when there is none. */
  revision: number;
}
