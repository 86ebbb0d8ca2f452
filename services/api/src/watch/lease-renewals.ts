import type { ObjectChange } from '@everynode/list-watch';
import { NODE_LEASE_NAMESPACE } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { withHeartbeat } from '../leases/lease-times.js';

const LEASES = 'leases.coordination.k8s.io';
/** A kubelet renews its lease this often. */
export const RENEWAL_MS = 10_000;

/**
 * Tells whoever watches leases that nodes have renewed theirs. The store is not written for that (docs/decisions/0006), but
 * a controller that judges nodes by their leases, as upstream's node lifecycle does, sees them through a watch alone.
 *
 * A renewal bears the revision that the watch stands at, as a bookmark does, so that resourceVersions of a watch never go
 * back. Nothing is done while nobody watches.
 */
export class LeaseRenewals {
  readonly #context: Pick<ApiContext, 'reflector' | 'heartbeats' | 'watches'>;
  /** Per node: the heartbeat that was told last. */
  readonly #told = new Map<string, number>();

  constructor(context: Pick<ApiContext, 'reflector' | 'heartbeats' | 'watches'>) {
    this.#context = context;
  }

  /** Tells every `intervalMs` until the signal aborts. */
  start(signal: AbortSignal, intervalMs: number): void {
    const timer = setInterval(() => this.tell(), intervalMs);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Tells of the renewals since the last time. */
  tell(): void {
    const { reflector, heartbeats, watches } = this.#context;
    if (!watches.isWatched(LEASES)) {
      // Whoever begins to watch is shown the newest times first.
      this.#told.clear();
      return;
    }
    const { revision } = reflector;
    for (const previous of reflector.cache(LEASES).list(NODE_LEASE_NAMESPACE)) {
      const { name } = previous.record;
      const heard = heartbeats.lastHeard(name);
      if (heard === undefined || heard === this.#told.get(name)) continue;
      this.#told.set(name, heard);
      const change: ObjectChange = {
        type: 'MODIFIED',
        revision,
        previous,
        current: withHeartbeat(previous, heartbeats, revision),
      };
      watches.tell(LEASES, change);
    }
  }
}
