import { randomUUID } from 'node:crypto';
import type { CachedObject, ObjectCache, ObjectChange, ReconcileResult } from '@everynode/list-watch';
import type { ResourceName } from '@everynode/objects';
import { decideDeletion, resourceByStorage } from '@everynode/objects';
import type { Current, Decision, Fence, WriteRequest, WriteResult } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { ShardedQueue } from '../sharded-queue.js';
import { decideFinalize, decideTerminating } from './decide-namespace.js';
import {
  decideRootCa,
  decideServiceAccount,
  ROOT_CA,
  type RootCa,
  SERVICE_ACCOUNT,
  SOURCE_NAMESPACE,
} from '../standing-objects/decide-standing-objects.js';

const WORKERS = 8;
/** Events are in no cache; they are read and deleted this many at a time. */
const EVENT_PAGE = 1000;
/** Namespaces that are gone are remembered up to this number, to find what came into them too late. */
const REMEMBERED = 1000;

export interface NamespaceOptions {
  /** False when somebody else empties namespaces that are deleted. */
  empties: boolean;
}

/**
 * Empties namespaces that are deleted and lets them go, and keeps in the others what every namespace has: the service
 * account `default` and the config map `kube-root-ca.crt`.
 */
export class NamespaceController implements Controller {
  readonly name = 'namespace';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;
  readonly #namespaces: ObjectCache;
  /** All but namespaces: every object of theirs that has a namespace is the content of one. */
  readonly #contents: ObjectCache[];
  /** Gone while this process looked. An api whose cache was behind may still have created something in one. */
  readonly #gone = new Set<string>();
  readonly #options: NamespaceOptions;

  constructor(context: SchedulerContext, options: NamespaceOptions = { empties: true }) {
    this.#context = context;
    this.#options = options;
    const { reflector } = context;
    this.#namespaces = reflector.cache('namespaces');
    this.#contents = [...reflector.caches].filter((cache) => cache !== this.#namespaces);
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (name, fence) => this.#reconcile(name, fence),
      keys: () => this.#allNames(),
    });
    reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  *#allNames(): Iterable<string> {
    for (const { record } of this.#namespaces.list()) yield record.name;
    yield* this.#gone;
  }

  #onChanges(changes: ObjectChange[]): void {
    for (const change of changes) {
      const { resource, namespace, name } = change.current.record;
      if (resource === 'namespaces') this.#onNamespace(change, name);
      else if (namespace !== '') this.#onContent(change, namespace);
    }
  }

  #onNamespace({ type }: ObjectChange, name: string): void {
    if (type === 'DELETED') {
      this.#gone.add(name);
      const [oldest] = this.#gone;
      if (this.#gone.size > REMEMBERED && oldest !== undefined) this.#gone.delete(oldest);
    } else this.#gone.delete(name);
    this.#queue.add(name);
  }

  #onContent({ type, previous, current }: ObjectChange, namespace: string): void {
    const { resource, name } = current.record;
    const isStanding =
      (resource === SERVICE_ACCOUNT.resource && name === SERVICE_ACCOUNT.name) ||
      (resource === ROOT_CA.resource && name === ROOT_CA.name);
    if (isStanding && previous?.record.desired !== current.record.desired && namespace === SOURCE_NAMESPACE) {
      // The source of the copies.
      for (const each of this.#namespaces.list()) this.#queue.add(each.record.name);
      return;
    }
    if (isStanding && type !== 'ADDED') this.#queue.add(namespace);
    // Something went from, or came into, a namespace that is to be empty.
    else if (type !== 'MODIFIED' && (this.#gone.has(namespace) || this.#isGoing(namespace))) this.#queue.add(namespace);
  }

  #isGoing(namespace: string): boolean {
    return this.#namespaces.get('', namespace)?.metadata.deletionTimestamp !== undefined;
  }

  async #reconcile(name: string, fence: Fence): Promise<ReconcileResult> {
    const namespace = this.#namespaces.get('', name);
    if (namespace && namespace.metadata.deletionTimestamp === undefined) await this.#keepStanding(name, fence);
    else if (!this.#options.empties) return undefined;
    else if (namespace) await this.#terminate(namespace, fence);
    else if (this.#gone.has(name)) await this.#empty(name, fence);
    return undefined;
  }

  async #terminate(namespace: CachedObject, fence: Fence): Promise<void> {
    const { name, uid } = namespace.record;
    const marked = await this.#write('namespaces', '', name, fence, (current) => decideTerminating(current, uid));
    const emptied = await this.#empty(name, fence);
    await caughtUp(this.#context, Math.max(marked.revision, emptied));
    // What goes gracefully, or is held by finalizers, brings the namespace here again when it is gone.
    for (const cache of this.#contents) for (const _left of cache.list(name)) return;
    // Last, so that what the others did in going is among them.
    await this.#deleteEvents(name, fence);
    const finalized = await this.#write('namespaces', '', name, fence, (current) => decideFinalize(current, uid));
    await caughtUp(this.#context, finalized.revision);
  }

  /** Asks everything in it to go. Gives the last revision of that. */
  async #empty(namespace: string, fence: Fence): Promise<number> {
    const objects = this.#contents.flatMap((cache) => [...cache.list(namespace)]);
    const results = await Promise.all(
      objects
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ record }) =>
          this.#write(record.resource, namespace, record.name, fence, (current) =>
            decideGoing(current, record.resource, record.uid, Date.now()),
          ),
        ),
    );
    return Math.max(0, ...results.map(({ revision }) => revision));
  }

  async #deleteEvents(namespace: string, fence: Fence): Promise<void> {
    for (;;) {
      const names = await this.#context.store.listNames('events', namespace, EVENT_PAGE);
      if (names.length === 0) return;
      await Promise.all(
        names.map((name) =>
          this.#write('events', namespace, name, fence, (current) => ({ kind: current ? 'delete' : 'keep' })),
        ),
      );
    }
  }

  async #keepStanding(namespace: string, fence: Fence): Promise<void> {
    const { reflector } = this.#context;
    const now = Date.now();
    const written: Promise<WriteResult>[] = [];
    if (!reflector.cache(SERVICE_ACCOUNT.resource).get(namespace, SERVICE_ACCOUNT.name)) {
      const { resource, name } = SERVICE_ACCOUNT;
      const uid = randomUUID();
      written.push(
        this.#write(resource, namespace, name, fence, (current) => decideServiceAccount(current, namespace, uid, now)),
      );
    }
    const source = this.#rootCa();
    const copy = reflector.cache(ROOT_CA.resource).get(namespace, ROOT_CA.name);
    const isRight = copy && JSON.stringify(copy.desired.data) === JSON.stringify(source?.data);
    if (source && !isRight) {
      const { resource, name } = ROOT_CA;
      const uid = randomUUID();
      written.push(
        this.#write(resource, namespace, name, fence, (current) => decideRootCa(current, namespace, source, uid, now)),
      );
    }
    const results = await Promise.all(written);
    await caughtUp(this.#context, Math.max(0, ...results.map(({ revision }) => revision)));
  }

  /** The one that the api published; while that is missing, the copy that `default` has of it. */
  #rootCa(): RootCa | undefined {
    const cache = this.#context.reflector.cache(ROOT_CA.resource);
    const source = cache.get(SOURCE_NAMESPACE, ROOT_CA.name) ?? cache.get('default', ROOT_CA.name);
    return source && { annotations: source.metadata.annotations, data: source.desired.data };
  }

  #write(
    resource: ResourceName,
    namespace: string,
    name: string,
    fence: Fence,
    decide: WriteRequest<'all'>['decide'],
  ): Promise<WriteResult> {
    return this.#context.store.write({ key: { resource, namespace, name }, reads: 'all', decide, fence });
  }
}

/** Deletes what is in a namespace as a client would, in the background. */
function decideGoing(current: Current<'all'> | undefined, resource: ResourceName, uid: string, now: number): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  return decideDeletion(current, { propagationPolicy: 'Background' }, resourceByStorage(resource).deletion, now);
}
