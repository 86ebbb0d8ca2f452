import { type Logger, pause } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import type { ShardOwnership } from '../shard/shards.js';

interface EventExpiryOptions {
  store: Pick<Store, 'listExpiredEvents' | 'write'>;
  shards: Pick<ShardOwnership, 'isMine' | 'fenceFor'>;
  log: Logger;
  signal: AbortSignal;
  /** How long an event is kept after it was last written. Upstream's event-ttl: one hour. */
  ttlMs?: number;
  everyMs?: number;
}

const TTL_MS = 60 * 60_000;
const EVERY_MS = 60_000;
const PAGE = 500;
/** The replica that holds the shard of this key deletes old events. */
const KEY = 'expired-events';

/** Deletes old events, a page at a time and behind all other writes. Resolves when the signal aborts. */
export async function expireEvents(options: EventExpiryOptions): Promise<void> {
  const { shards, log, signal, everyMs = EVERY_MS } = options;
  while (!signal.aborted) {
    await pause(everyMs, signal);
    if (signal.aborted || !shards.isMine(KEY)) continue;
    try {
      const count = await sweep(options);
      if (count > 0) log.debug({ count }, 'old events are gone');
    } catch (error) {
      // The next round finds them again.
      log.warn({ err: error }, 'old events could not be deleted');
    }
  }
}

async function sweep({ store, shards, signal, ttlMs = TTL_MS }: EventExpiryOptions): Promise<number> {
  const before = new Date(Date.now() - ttlMs);
  for (let count = 0; ; ) {
    const page = await store.listExpiredEvents(before, PAGE);
    const fence = shards.fenceFor(KEY);
    if (page.length === 0 || !fence || signal.aborted) return count;
    await Promise.all(
      page.map(({ namespace, name, revision }) =>
        store.write({
          key: { resource: 'events', namespace, name },
          reads: 'head',
          // The event may have occurred again since it was listed.
          decide: (current) => (current?.revision === revision ? { kind: 'delete' } : { kind: 'keep' }),
          fence,
          background: true,
        }),
      ),
    );
    count += page.length;
  }
}
