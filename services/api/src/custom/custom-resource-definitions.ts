import { conditionOf, customResources, statusOf, withCondition } from '@everynode/custom-resources';
import type { CachedObject, ObjectCache } from '@everynode/list-watch';
import {
  ApiError,
  apiVersionOf,
  type CustomResourceDefinition,
  canonicalJson,
  type ResourceDefinition,
  type ResourceName,
  resourceByStorage,
  type Stored,
  setCustomResources,
  setCustomTypes,
  type TypeFacts,
  timestamp,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { StoredKinds } from '../cached-resources.js';
import { deleteObject } from '../rest/delete.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';
import type { Target } from '../write/target.js';
import { CLEANUP, DEFINITIONS } from './definition-names.js';

type Definition = Stored<CustomResourceDefinition>;

/** How long objects of a definition that is deleted are waited for before they are looked at again, in ms. */
const AGAIN_MS = 500;

/**
 * Serves what definitions say, and writes their status. Every replica follows the same definitions, so that all serve
 * the same; a status is decided inside the transaction, and the first replica writes it.
 */
export class CustomResourceDefinitions {
  readonly #context: ApiContext;
  readonly #kinds: StoredKinds;
  readonly #busy = new Set<string>();

  constructor(context: ApiContext, kinds: StoredKinds) {
    this.#context = context;
    this.#kinds = kinds;
  }

  /** Serves what the caches have, now and from now on. */
  serve(): void {
    this.#serve();
    this.#context.reflector.addListener({
      onChanges: (changes) => {
        if (changes.some(({ current }) => current.record.resource === DEFINITIONS)) this.#serve();
      },
    });
  }

  /** Keeps the status of definitions, and removes what belongs to those that are deleted. */
  start(): void {
    const { reflector } = this.#context;
    reflector.addListener({
      onChanges: (changes) => {
        for (const { current, type } of changes) {
          const { resource, name } = current.record;
          if (resource === 'namespaces' && current.metadata.deletionTimestamp !== undefined) this.#empty(name);
          if (resource !== DEFINITIONS) continue;
          // A name that is free again may be wanted by others.
          if (type === 'DELETED') this.#lookAtAll();
          else this.#look(name);
        }
      },
    });
    this.#lookAtAll();
  }

  #serve(): void {
    const types = new Map<string, TypeFacts>();
    const definitions: ResourceDefinition[] = [];
    for (const { object: crd } of this.#cache().list()) {
      if (conditionOf(crd, 'Established')?.status !== 'True') continue;
      try {
        const versions = customResources(crd);
        const stored = crd.spec.versions.find(({ storage }) => storage);
        for (const { definition, type } of versions) {
          definitions.push(definition);
          for (const [name, facts] of type.types) types.set(name, facts);
        }
        const storage = `${crd.spec.names.plural}.${crd.spec.group}` as ResourceName;
        const apiVersion = apiVersionOf({ group: crd.spec.group, version: stored?.name ?? '' });
        this.#kinds.name(storage, { apiVersion, kind: crd.spec.names.kind });
      } catch (err) {
        this.#context.log.error({ err, definition: crd.metadata.name }, 'a custom resource cannot be served');
      }
    }
    setCustomTypes(types);
    setCustomResources(definitions);
  }

  #cache(): ObjectCache<Definition> {
    return this.#context.reflector.cache(DEFINITIONS) as unknown as ObjectCache<Definition>;
  }

  #lookAtAll(): void {
    for (const { record } of this.#cache().list()) this.#look(record.name);
  }

  #look(name: string): void {
    if (this.#busy.has(name)) return;
    this.#busy.add(name);
    void this.#reconcile(name)
      .catch((err: unknown) => {
        this.#context.log.warn({ err, definition: name }, 'a custom resource definition cannot be looked after');
        return this.#cache().get('', name) !== undefined;
      })
      .then((again) => {
        this.#busy.delete(name);
        if (again && !this.#context.signal.aborted) setTimeout(() => this.#look(name), AGAIN_MS).unref();
      });
  }

  /** Returns true where there is more to do later. */
  async #reconcile(name: string): Promise<boolean> {
    const crd = this.#cache().get('', name)?.object;
    if (!crd) return false;
    if (crd.metadata.deletionTimestamp !== undefined) return await this.#cleanUp(crd);
    const others = () => [...this.#cache().list()].map(({ object }) => object);
    const wanted = statusOf(crd, others(), timestamp(Date.now()));
    if (canonicalJson(wanted) === canonicalJson(crd.status)) return false;
    await this.#change(name, (object) => {
      object.status = statusOf(object, others(), timestamp(Date.now()));
    });
    return false;
  }

  /** Removes the objects of a definition that is deleted, and then lets it go. */
  async #cleanUp(crd: Definition): Promise<boolean> {
    const { name, finalizers = [] } = crd.metadata;
    if (!finalizers.includes(CLEANUP)) return false;
    const terminating = (reason: string, message: string, status = 'True') =>
      this.#change(name, (object) => {
        const conditions = withCondition(
          object.status?.conditions ?? [],
          { type: 'Terminating', status, reason, message },
          timestamp(Date.now()),
        );
        object.status = { ...object.status, conditions };
        if (status === 'False')
          object.metadata.finalizers = object.metadata.finalizers?.filter((one) => one !== CLEANUP) ?? [];
      });
    const storage = `${crd.spec.names.plural}.${crd.spec.group}` as ResourceName;
    const objects = [...this.#context.reflector.cache(storage).list()];
    if (objects.length > 0) {
      await terminating('InstanceDeletionInProgress', 'CustomResource deletion is in progress');
      await this.#deleteAll(crd, objects);
      return true;
    }
    await terminating('InstanceDeletionCompleted', 'removed all instances', 'False');
    return false;
  }

  async #deleteAll(crd: Definition, objects: readonly CachedObject[]): Promise<void> {
    const [version] = customResources(crd);
    if (!version) return;
    const { definition } = version;
    await Promise.all(
      objects
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ record: { namespace, name } }) => this.#delete({ definition, namespace, name })),
    );
  }

  async #delete(target: Target): Promise<void> {
    const options = { preconditions: {}, dryRun: false, propagationPolicy: 'Background' } as const;
    try {
      await deleteObject(this.#context, { target, options });
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error;
    }
  }

  /** The scheduler empties namespaces of built-in kinds, and does not know those that clients define. */
  #empty(namespace: string): void {
    for (const { object: crd } of this.#cache().list()) {
      const storage = `${crd.spec.names.plural}.${crd.spec.group}` as ResourceName;
      const objects = [...this.#context.reflector.cache(storage).list(namespace)];
      if (objects.length === 0) continue;
      this.#deleteAll(crd, objects).catch((err: unknown) => {
        this.#context.log.warn({ err, namespace }, 'custom resources of a namespace cannot be deleted');
      });
    }
  }

  async #change(name: string, change: (crd: Definition) => void): Promise<void> {
    const target: Target = { definition: resourceByStorage(DEFINITIONS), namespace: '', name };
    await commit(this.#context, {
      target,
      dryRun: false,
      decide: (current) => {
        if (!current) return { kind: 'keep' };
        const object = objectOf(target, current) as Definition;
        change(object);
        return decisionFor(target, object, current);
      },
    });
  }
}
