import type { ObjectCache, ReconcileResult } from '@everynode/list-watch';
import type { Service, Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { SchedulerContext } from '../../scheduler-context.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import type { ServedPods } from './served-pods.js';
import type { ServiceChanges } from './service-changes.js';

const WORKERS = 4;
/** Changes of many pods meet in one write: a service waits so long, in ms, and longer the more pods it has. */
const BATCH_MS = 20;
const PER_POD_MS = 0.1;

/** What a controller of endpoints does with one service. It returns how many pods the service has. */
export type SyncService = (key: string, pods: ServedPods, fence: Fence) => Promise<number>;

/** The queue of a controller that writes the addresses of services. */
export class ServiceQueue {
  readonly #queue: ShardedQueue;
  readonly #sizes = new Map<string, number>();

  constructor(
    context: SchedulerContext,
    changes: ServiceChanges,
    name: string,
    written: 'endpoints' | 'endpointslices.discovery.k8s.io',
    sync: SyncService,
  ) {
    const services: ObjectCache<Stored<Service>> = context.reflector.cache('services');
    this.#queue = new ShardedQueue(context, {
      name,
      workers: WORKERS,
      reconcile: async (key, fence): Promise<ReconcileResult> => {
        const size = await sync(key, changes.pods, fence);
        if (size > 0) this.#sizes.set(key, size);
        else this.#sizes.delete(key);
        return undefined;
      },
      // Endpoints are left over where their service went while no replica had the shard. Slices go with their owner.
      keys: () =>
        written === 'endpoints'
          ? new Set([...keysOf(services), ...keysOf(context.reflector.cache(written))])
          : keysOf(services),
    });
    changes.follow({
      written,
      enqueue: (key) => this.#queue.addAfter(key, BATCH_MS + PER_POD_MS * (this.#sizes.get(key) ?? 0)),
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }
}
