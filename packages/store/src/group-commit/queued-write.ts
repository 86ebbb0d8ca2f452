import { StoreUnavailableError } from '../errors.js';
import type { ReadRow } from '../statements/select-current.js';
import type { Current, Decision, Fence, ObjectKey, ReadLevel, WriteRequest, WriteResult } from '../write.js';

/** A queued write of any read level. Only the write itself knows the type that its decision takes. */
export interface QueuedWrite {
  readonly key: ObjectKey;
  readonly reads: ReadLevel;
  readonly fence: Fence | undefined;
  /** When it was queued, ms of the monotonic clock. */
  readonly since: number;
  /** The last moment at which it may be decided, ms of the monotonic clock; infinity without one. */
  readonly deadline: number;
  /** Waits behind all writes that are not. */
  readonly isBackground: boolean;
  /** Whose it is; undefined for what services write by themselves. */
  readonly flow: string | undefined;
  /** Aborts when its client has given up. */
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
  /** Runs the request's decision on the row that was read for it. @throws what the decision throws. */
  decide(row: ReadRow | undefined): Decision;
}

/** Refuses a write that nothing waits for any more. Returns false for one that may still be decided. */
export function refuseIfOver(write: QueuedWrite, now: number): boolean {
  const isGivenUp = write.signal?.aborted ?? false;
  if (!isGivenUp && now < write.deadline) return false;
  write.reject(new StoreUnavailableError(false, isGivenUp ? 'its client has given up' : 'its time is over'));
  return true;
}

export class WriteAt<L extends ReadLevel> implements QueuedWrite {
  readonly #request: WriteRequest<L>;
  readonly since = performance.now();

  constructor(
    request: WriteRequest<L>,
    readonly resolve: (result: WriteResult) => void,
    readonly reject: (error: unknown) => void,
  ) {
    this.#request = request;
  }

  get key(): ObjectKey {
    return this.#request.key;
  }

  get reads(): L {
    return this.#request.reads;
  }

  get fence(): Fence | undefined {
    return this.#request.fence;
  }

  get deadline(): number {
    return this.#request.deadline ?? Number.POSITIVE_INFINITY;
  }

  get isBackground(): boolean {
    return this.#request.background ?? false;
  }

  get flow(): string | undefined {
    return this.#request.flow;
  }

  get signal(): AbortSignal | undefined {
    return this.#request.signal;
  }

  decide(row: ReadRow | undefined): Decision {
    const { decide, reads } = this.#request;
    if (!row) return decide(undefined);
    if (!isReadAt(row, reads)) throw new Error(`a row was not read at the level ${reads}`);
    return decide(row);
  }
}

/** True when the row has every part of the level. The statement reads them, so false is a defect of this package. */
function isReadAt<L extends ReadLevel>(row: ReadRow, level: L): row is ReadRow & Current<L> {
  if (level === 'head') return true;
  if (row.observed === undefined) return false;
  if (level === 'observed') return true;
  return row.metadata !== undefined && (level !== 'all' || row.desired !== undefined);
}
