import { setImmediate as turn } from 'node:timers/promises';
import {
  type CachedObject,
  isChangeOf,
  type ObjectCache,
  type ObjectChange,
  type ReconcileResult,
} from '@everynode/list-watch';
import {
  countsUntil,
  isCounted,
  keyOf,
  type Pod,
  QuotaRecount,
  resources,
  type Stored,
  type StoredKinds,
} from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { decideQuotaStatus } from './decide-quota-status.js';

const WORKERS = 2;
/** Each quota is counted again after this time, whatever happens. Source: ResourceQuotaSyncPeriod. */
const RESYNC_MS = 5 * 60_000;
/** How many counts in a row are made at once: the next one shows whether the last one holds. Then they wait. */
const TRIES = 2;
const RETRY_MS = 1000;
/** Other work gets a turn after so many objects. */
const SLICE = 500;

/** What quotas may count beside what clients define: every namespaced resource that is stored. */
const COUNTED = [...new Set(resources.filter(({ namespaced }) => namespaced).map(({ storage }) => storage))].filter(
  isCounted,
);

/**
 * Puts quotas in force: it counts what their namespace uses and writes their status. From then on every commit counts
 * itself (packages/store, QuotaLedger). Later counts find a difference only where time has changed one: a pod that
 * should have ended long ago counts no more.
 */
export class ResourceQuotaController implements Controller {
  readonly name = 'resourcequota';
  readonly #context: SchedulerContext;
  readonly #quotas: ObjectCache<StoredKinds['resourcequotas']>;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#quotas = context.reflector.cache('resourcequotas');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(this.#quotas),
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
    // Names of quotas for resources that were not defined count from now on.
    context.kinds.onDefined(() => {
      for (const key of keysOf(this.#quotas)) this.#queue.add(key);
    });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #counted(): string[] {
    const defined = Array.from(this.#context.kinds.resources).filter(({ namespaced }) => namespaced);
    return [...COUNTED, ...defined.map(({ resource }) => resource)];
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      if (isChangeOf(change, 'pods')) this.#onPod(change);
      else if (isChangeOf(change, 'resourcequotas') && mustCount(change)) {
        this.#queue.add(keyOf(change.current.record));
      }
    }
  }

  #onPod({ type, current }: ObjectChange<Stored<Pod>>): void {
    // Few namespaces have quotas, and all have pods.
    const quotas = [...this.#quotas.list(current.record.namespace)];
    if (quotas.length === 0 || current.metadata.deletionTimestamp === undefined) return;
    const leftMs = countsUntil(current.metadata) - Date.now();
    // A pod that is gone in time was counted by the commit that removed it.
    if (type === 'DELETED' && leftMs > 0) return;
    for (const { record } of quotas) this.#queue.addAfter(keyOf(record), Math.max(0, leftMs) + RETRY_MS);
  }

  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const cached = this.#quotas.getByKey(key);
      if (!cached) return undefined;
      const { record, object: quota } = cached;
      const now = Date.now();
      const recount = new QuotaRecount(quota, this.#counted(), now);
      const nextAt = await this.#count(recount, record.namespace, now);
      const { status } = recount;
      let seen = 0;
      const written = await this.#context.store.write({
        key: record,
        reads: 'observed',
        fence,
        decide: (current) => {
          seen = current?.revision ?? 0;
          return decideQuotaStatus(current, record.revision, status);
        },
      });
      if (written.outcome === 'kept' && seen === record.revision) {
        return { requeueAfterMs: Math.min(RESYNC_MS, nextAt - now + RETRY_MS) };
      }
      await caughtUp(this.#context, written.revision);
    }
    return { requeueAfterMs: RETRY_MS };
  }

  /** Counts the namespace as the caches have it now. Returns when a pod that is there will no longer count, in ms. */
  async #count(recount: QuotaRecount, namespace: string, now: number): Promise<number> {
    const all = recount.resources.map((resource) => ({
      resource,
      objects: [...this.#context.reflector.cache(resource as 'pods').list(namespace)] as CachedObject[],
    }));
    let nextAt = Number.POSITIVE_INFINITY;
    let counted = 0;
    for (const { resource, objects } of all) {
      for (const cached of objects) {
        if (counted % SLICE === SLICE - 1) await turn();
        counted += 1;
        recount.add(resource, cached.object);
        if (resource !== 'pods' || cached.metadata.deletionTimestamp === undefined) continue;
        const until = countsUntil(cached.metadata);
        if (until > now) nextAt = Math.min(nextAt, until);
      }
    }
    return nextAt;
  }
}

/** True for a quota that is new, or that asks for something else. A status of a client stays until the resync. */
const mustCount = ({ type, previous, current }: ObjectChange<StoredKinds['resourcequotas']>): boolean =>
  type !== 'DELETED' && previous?.record.desired !== current.record.desired;
