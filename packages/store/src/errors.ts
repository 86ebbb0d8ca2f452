/** The journal has no changes from the revision that was asked for. Readers list again; watch clients receive 410. */
export class CompactedError extends Error {
  override readonly name = 'CompactedError';
  readonly retryable = false;
  constructor(
    readonly asked: number,
    readonly compacted: number,
  ) {
    super(`revision ${asked} is compacted, the journal begins after ${compacted}`);
  }
}

/** A writer that lost its shard tried to write. It must stop what it does for that shard. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
  readonly retryable = false;
  constructor(
    readonly shard: number,
    readonly epoch: number,
  ) {
    super(`shard ${shard} is no longer held in epoch ${epoch}`);
  }
}

/**
 * Postgres is away: it did not take a write, or did not answer a read. `outcomeUnknown`: the connection broke during
 * the commit of a write, so Postgres may have taken it.
 */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
  readonly retryable = true;
  constructor(
    readonly outcomeUnknown: boolean,
    cause: unknown,
  ) {
    super('the store cannot be reached at the moment, please try again', { cause });
  }
}

/**
 * Postgres cannot hold what a write says: a character that text may not have, a number out of range, a key that is too
 * long for an index. Nothing of the write is stored, and the other writes of its batch are. The cause has the reason.
 */
export class DataRefusedError extends Error {
  override readonly name = 'DataRefusedError';
  readonly retryable = false;
  constructor(cause: unknown) {
    super(`the store cannot hold this: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** More writes wait than the queue holds. */
export class StoreOverloadedError extends Error {
  override readonly name = 'StoreOverloadedError';
  readonly retryable = true;
  constructor() {
    super('too many writes are waiting for the store, please try again later');
  }
}
