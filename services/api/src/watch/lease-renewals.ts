import type { ObjectChange } from '@everynode/list-watch';
import { NODE_LEASE_NAMESPACE } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { withHeartbeat } from '../leases/lease-times.js';

const LEASES = 'leases.coordination.k8s.io';
/** A kubelet renews its lease this often. */
export const RENEWAL_MS = 10_000;

/**
 * Shows the watchers of leases that nodes have renewed theirs. The store is not written for a renewal
 * (docs/decisions/0006), but a controller that judges nodes by their leases, as upstream's node lifecycle does, sees
 * them only through a watch.
 *
 * A renewal has the revision of the watch, as a bookmark has, so that resourceVersions of a watch never go back.
 * Without watchers nothing is done.
 */
export class LeaseRenewals {
  readonly #context: Pick<ApiContext, 'reflector' | 'heartbeats' | 'watches'>;
  /** Per node: the time of the heartbeat that was published last. */
  readonly #published = new Map<string, number>();

  constructor(context: Pick<ApiContext, 'reflector' | 'heartbeats' | 'watches'>) {
    this.#context = context;
  }

  /** Publishes every `intervalMs` until the signal aborts. */
  start(signal: AbortSignal, intervalMs: number): void {
    const timer = setInterval(() => this.publish(), intervalMs);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }

  /** Publishes the renewals since the last call. */
  publish(): void {
    const { reflector, heartbeats, watches } = this.#context;
    if (!watches.isWatched(LEASES)) {
      // A watch begins with the newest times.
      this.#published.clear();
      return;
    }
    const { revision } = reflector;
    for (const previous of reflector.cache(LEASES).list(NODE_LEASE_NAMESPACE)) {
      const { name } = previous.record;
      const renewed = heartbeats.lastHeard(name);
      if (renewed === undefined || renewed === this.#published.get(name)) continue;
      this.#published.set(name, renewed);
      const change: ObjectChange = {
        type: 'MODIFIED',
        revision,
        previous,
        current: withHeartbeat(previous, heartbeats, revision),
      };
      watches.publishSynthetic(LEASES, change);
    }
  }
}
