import type { ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import type { ResourceName, StoredKinds } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { ShardedQueue } from '../sharded-queue.js';
import { passMoment } from '../workloads/moment.js';
import { emptyNamespace, type NamespaceContext, terminateNamespace } from './terminate-namespace.js';

const WORKERS = 8;
/**
 * What is in a namespace stays this long after its deletion has begun, in ms: a client that deletes a manifest object
 * by object, the namespace first, finds the others. Upstream waits 5 s (namespaceDeletionGracePeriod).
 */
const GRACE_MS = 3000;
/** While objects of a kind leave a namespace, its status tells how many are left this often, and not at each. */
const NOTED_EVERY_MS = 1000;
/** Namespaces that are gone are remembered up to this number, to find objects that were created in them too late. */
const MAX_GONE = 1000;

/** Empties namespaces that are being deleted, and removes them once nothing is left in them. */
export class NamespaceController implements Controller {
  readonly name = 'namespace';
  readonly #context: NamespaceContext;
  readonly #namespaces: ObjectCache<StoredKinds['namespaces']>;
  readonly #queue: ShardedQueue;
  /** Gone since this process started. An api whose cache was behind may still have created something in one. */
  readonly #gone = new Set<string>();

  constructor(context: SchedulerContext) {
    const { reflector } = context;
    this.#namespaces = reflector.cache('namespaces');
    // Every object that has a namespace is the content of one; namespaces themselves have none.
    const contents = () => [...reflector.caches].filter(({ resource }) => resource !== 'namespaces');
    this.#context = { ...context, contents };
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (name, fence) => this.#reconcile(name, fence),
      keys: () => this.#keys(),
    });
    reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  *#keys(): Iterable<string> {
    for (const { record } of this.#namespaces.list()) yield record.name;
    yield* this.#gone;
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const { type, current } of changes) {
      const { resource, namespace, name } = current.record;
      if (resource === 'namespaces') {
        if (type === 'DELETED') this.#remember(name);
        else this.#gone.delete(name);
        this.#queue.add(name);
      } else if (namespace !== '' && type !== 'MODIFIED') {
        // An object left, or came into, a namespace that has to become empty.
        if (!this.#gone.has(namespace) && !this.#isTerminating(namespace)) continue;
        if (type === 'DELETED' && this.#hasMore(resource, namespace)) this.#queue.addAfter(namespace, NOTED_EVERY_MS);
        else this.#queue.add(namespace);
      }
    }
  }

  #hasMore(resource: ResourceName, namespace: string): boolean {
    for (const _left of this.#context.reflector.cache(resource).list(namespace)) return true;
    return false;
  }

  #remember(gone: string): void {
    this.#gone.add(gone);
    const [oldest] = this.#gone;
    if (this.#gone.size > MAX_GONE && oldest !== undefined) this.#gone.delete(oldest);
  }

  #isTerminating(namespace: string): boolean {
    return this.#namespaces.get('', namespace)?.metadata.deletionTimestamp !== undefined;
  }

  async #reconcile(name: string, fence: Fence): Promise<ReconcileResult> {
    const namespace = this.#namespaces.get('', name);
    const since = namespace?.metadata.deletionTimestamp;
    if (namespace && since !== undefined) {
      const leftMs = Date.parse(since) + GRACE_MS - passMoment().now;
      // More is left only where the clock of the api is ahead of this one, by more than it is worth to wait for.
      if (leftMs > 0 && leftMs <= 2 * GRACE_MS) return { requeueAfterMs: leftMs };
      await terminateNamespace(this.#context, namespace, fence);
    } else if (!namespace && this.#gone.has(name)) await emptyNamespace(this.#context, name, fence);
    return undefined;
  }
}
