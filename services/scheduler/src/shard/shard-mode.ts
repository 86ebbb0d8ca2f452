/**
 * What one shard is to this process.
 *
 * - `absent`: another process holds it, or none. No work is done on its keys. Out: `granted`.
 * - `behind`: this process holds it, and its caches may lack what a former holder wrote up to `revision`. No work is
 *   done: it would be decided on an old state, and the fence does not prevent that. Out: `caughtUp` at that revision or
 *   a later one; `granted` with another epoch (others had it in between); `lost`.
 * - `active`: this process holds it, and its caches show all that former holders wrote. Out: `granted` with another
 *   epoch; `lost`.
 */
export type ShardMode =
  | { readonly name: 'absent' }
  | { readonly name: 'behind'; readonly epoch: number; readonly revision: number }
  | { readonly name: 'active'; readonly epoch: number };

export type ShardEvent =
  /** Postgres has answered that this process holds the shard. What former holders wrote is at `revision` or below. */
  | { readonly type: 'granted'; readonly epoch: number; readonly revision: number }
  /** The caches have everything up to `revision`. */
  | { readonly type: 'caughtUp'; readonly revision: number }
  | { readonly type: 'lost' };

export const ABSENT: ShardMode = { name: 'absent' };

/** The mode after an event. Pure; the same object means that nothing has changed. */
export function nextShardMode(mode: ShardMode, event: ShardEvent): ShardMode {
  switch (event.type) {
    case 'granted': {
      const { epoch, revision } = event;
      // A renewal. It brings a later revision than the first answer, and the shard need not wait for that.
      if (mode.name !== 'absent' && mode.epoch === epoch) return mode;
      return { name: 'behind', epoch, revision };
    }
    case 'caughtUp':
      return mode.name === 'behind' && event.revision >= mode.revision ? { name: 'active', epoch: mode.epoch } : mode;
    case 'lost':
      return ABSENT;
  }
}
