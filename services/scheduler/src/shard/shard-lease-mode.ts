/**
 * What a replica's shard leases are, as far as the replica knows. Postgres decides who holds a shard; the fence of a
 * write makes an error of the replica harmless, so the modes only decide which work is worth doing.
 *
 * - `joining`: before the first answer of Postgres. Holds nothing. Out: `renewed`, `renewalFailed`, `stopped`.
 * - `holding`: the last renewal worked. Holds the granted shards until `until` at least. Out: `renewalFailed`,
 *   `stopped`.
 * - `unrenewed`: a renewal failed, but other replicas cannot have the shards before `until`: the work goes on. Out:
 *   `renewed`; `renewalFailed` after `until`; `stopped`.
 * - `expired`: no renewal worked in time. Others may have the shards, so nothing is held. Out: `renewed`, `stopped`.
 * - `released`: the service stops, and the shards are given back. No way out.
 *
 * Times are in ms of this process's monotonic clock: `until` counts from before the question to Postgres, so it is
 * never later than the end of the lease by Postgres' clock.
 */
export type ShardLeaseMode =
  | { readonly name: 'joining' }
  | { readonly name: 'holding'; readonly until: number }
  | { readonly name: 'unrenewed'; readonly until: number }
  | { readonly name: 'expired' }
  | { readonly name: 'released' };

export type ShardLeaseEvent =
  /** Postgres has granted shards until then. */
  | { readonly type: 'renewed'; readonly until: number }
  | { readonly type: 'renewalFailed'; readonly now: number }
  | { readonly type: 'stopped' };

/** The mode after an event. Pure. */
export function nextLeaseMode(mode: ShardLeaseMode, event: ShardLeaseEvent): ShardLeaseMode {
  if (mode.name === 'released') return mode;
  switch (event.type) {
    case 'renewed':
      return { name: 'holding', until: event.until };
    case 'renewalFailed':
      // Past its time others may have the shards; better to stop early than to do work that fails.
      if ((mode.name === 'holding' || mode.name === 'unrenewed') && event.now <= mode.until) {
        return { name: 'unrenewed', until: mode.until };
      }
      return { name: 'expired' };
    case 'stopped':
      return { name: 'released' };
  }
}

/** True when the replica works on the shards that it was granted last. */
export function holdsShards({ name }: ShardLeaseMode): boolean {
  return name === 'holding' || name === 'unrenewed';
}

/** Why the replica is not ready for its share of the work; undefined when it is. */
export function leaseTrouble({ name }: ShardLeaseMode): string | undefined {
  if (name === 'joining') return 'no shards yet';
  return name === 'unrenewed' || name === 'expired' ? 'shards cannot be renewed' : undefined;
}
