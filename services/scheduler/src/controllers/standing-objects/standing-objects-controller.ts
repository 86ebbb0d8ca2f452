import { randomUUID } from 'node:crypto';
import type { ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import type { StoredKinds } from '@everynode/objects';
import type { Fence, WriteResult } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import {
  decideRootCa,
  decideServiceAccount,
  ROOT_CA,
  type RootCa,
  SERVICE_ACCOUNT,
  SOURCE_NAMESPACE,
} from './decide-standing-objects.js';

const WORKERS = 8;

/**
 * Keeps in every namespace that is not being deleted the service account `default` and the config map
 * `kube-root-ca.crt`. Upstream has a controller for each of the two.
 *
 * The deletion of a namespace may begin while a write here is under way, and the NamespaceController may have emptied
 * the namespace before that write is committed. It deletes the late object as any other that came too late: the
 * object's ADDED change queues a namespace that terminates or is gone, and the reconcile empties it again.
 */
export class StandingObjectsController implements Controller {
  readonly name = 'standing-objects';
  readonly #context: SchedulerContext;
  readonly #namespaces: ObjectCache<StoredKinds['namespaces']>;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    const { reflector } = context;
    this.#context = context;
    this.#namespaces = reflector.cache('namespaces');
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (namespace, fence) => this.#reconcile(namespace, fence),
      keys: () => Array.from(this.#namespaces.list(), ({ record }) => record.name),
    });
    reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      const { resource, name } = change.current.record;
      if (resource === 'namespaces') this.#queue.add(name);
      else if (resource === ROOT_CA.resource && name === ROOT_CA.name) this.#onRootCa(change);
      else if (resource === SERVICE_ACCOUNT.resource && name === SERVICE_ACCOUNT.name) this.#onStanding(change);
    }
  }

  #onRootCa(change: ObjectChange): void {
    const { previous, current } = change;
    const { namespace, desired } = current.record;
    if (namespace !== SOURCE_NAMESPACE || previous?.record.desired === desired) {
      this.#onStanding(change);
      return;
    }
    // All other namespaces have a copy of this one.
    for (const each of this.#namespaces.list()) this.#queue.add(each.record.name);
  }

  #onStanding({ type, current }: ObjectChange): void {
    if (type !== 'ADDED') this.#queue.add(current.record.namespace);
  }

  async #reconcile(namespace: string, fence: Fence): Promise<ReconcileResult> {
    const cached = this.#namespaces.get('', namespace);
    if (!cached || cached.metadata.deletionTimestamp !== undefined) return undefined;
    const results = await Promise.all([
      ...this.#ensureServiceAccount(namespace, fence),
      ...this.#ensureRootCa(namespace, fence),
    ]);
    await caughtUp(this.#context, Math.max(0, ...results.map(({ revision }) => revision)));
    return undefined;
  }

  #ensureServiceAccount(namespace: string, fence: Fence): Promise<WriteResult>[] {
    const { reflector, store } = this.#context;
    const { resource, name } = SERVICE_ACCOUNT;
    if (reflector.cache(resource).get(namespace, name)) return [];
    const [uid, now] = [randomUUID(), Date.now()];
    const written = store.write({
      key: { resource, namespace, name },
      reads: 'head',
      decide: (current) => decideServiceAccount(current, namespace, uid, now),
      fence,
    });
    return [written];
  }

  #ensureRootCa(namespace: string, fence: Fence): Promise<WriteResult>[] {
    const { reflector, store } = this.#context;
    const { resource, name } = ROOT_CA;
    const source = this.#sourceOfRootCa();
    const copy = reflector.cache(resource).get(namespace, name);
    const isRight = copy && JSON.stringify(copy.desired.data) === JSON.stringify(source?.data);
    if (!source || isRight) return [];
    const [uid, now] = [randomUUID(), Date.now()];
    const written = store.write({
      key: { resource, namespace, name },
      reads: 'all',
      decide: (current) => decideRootCa(current, namespace, source, uid, now),
      fence,
    });
    return [written];
  }

  /** Returns the CA that the api published; while that is missing, the copy that the namespace `default` has of it. */
  #sourceOfRootCa(): RootCa | undefined {
    const cache = this.#context.reflector.cache(ROOT_CA.resource);
    const source = cache.get(SOURCE_NAMESPACE, ROOT_CA.name) ?? cache.get('default', ROOT_CA.name);
    return source && { annotations: source.metadata.annotations, data: source.desired.data };
  }
}
