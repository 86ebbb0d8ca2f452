import { statusOf, storedCustomResource } from '@everynode/custom-resources';
import { type CachedObject, isChangeOf, type ObjectChange, Workqueue } from '@everynode/list-watch';
import {
  ApiError,
  type CustomResourceDefinition,
  canonicalJson,
  type ResourceName,
  resourceByStorage,
  type Stored,
  timestamp,
  withCondition,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { deleteObject } from '../rest/delete.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';
import type { Target } from '../write/target.js';
import { CLEANUP, DEFINITIONS } from './definition-names.js';

type Definition = Stored<CustomResourceDefinition>;
type AcceptedNames = NonNullable<NonNullable<Definition['status']>['acceptedNames']>;

/** In ms. */
const RETRY = { firstMs: 100, maxMs: 5000 };
/** How long objects of a definition that is deleted are waited for before they are looked at again, in ms. */
const AGAIN = { requeueAfterMs: 500 };
const WORKERS = 4;
/** Objects of a definition that are deleted at once. */
const BATCH = 200;

/** True when a definition has no longer all the names that it had accepted. */
function freesNames({ type, previous, current }: ObjectChange<Definition>): boolean {
  if (type === 'DELETED') return true;
  const after = namesIn(current);
  return previous !== undefined && namesIn(previous).some((name) => !after.includes(name));
}

function namesIn({ status }: CachedObject<Definition>): string[] {
  const { plural, singular, kind, listKind, shortNames = [] } = status?.acceptedNames ?? {};
  return [plural, singular, kind, listKind, ...shortNames].filter(
    (name) => name !== undefined && name !== '',
  ) as string[];
}

/**
 * Keeps the status of definitions, and removes the objects of those that are deleted. Every replica does: a status is
 * decided inside the transaction, and the first replica writes it.
 */
export class DefinitionController {
  readonly #context: ApiContext;
  readonly #queue: Workqueue;

  constructor(context: ApiContext) {
    this.#context = context;
    this.#queue = new Workqueue({
      workers: WORKERS,
      reconcile: (name) => this.#reconcile(name),
      onError: (definition, err) =>
        context.log.warn({ err, definition }, 'a custom resource definition cannot be looked after'),
      backoff: () => RETRY,
    });
  }

  /** Follows the definitions until {@link close}. The caches must be filled. */
  start(): void {
    this.#context.reflector.addListener({
      onChanges: (changes) => {
        for (const change of changes) {
          if (!isChangeOf(change, DEFINITIONS)) continue;
          // A name that is free again may be wanted by others.
          if (freesNames(change)) this.#addAll();
          else this.#queue.add(change.current.record.name);
        }
      },
    });
    this.#addAll();
  }

  /** Resolves when no definition is worked on. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  /** The names that definitions of a group have accepted. No spec is read for it, which may be large. */
  #acceptedIn(group: string): AcceptedNames[] {
    const accepted: AcceptedNames[] = [];
    for (const cached of this.#context.reflector.cache(DEFINITIONS).list()) {
      // The name of a definition is its plural, which has no dot, and its group.
      const { name } = cached.record;
      const isOfGroup = name.slice(name.indexOf('.') + 1) === group;
      const names = isOfGroup ? (cached.status as Definition['status'])?.acceptedNames : undefined;
      if (names) accepted.push(names);
    }
    return accepted;
  }

  #addAll(): void {
    for (const { record } of this.#context.reflector.cache(DEFINITIONS).list()) this.#queue.add(record.name);
  }

  async #reconcile(name: string): Promise<typeof AGAIN | undefined> {
    const cached = this.#context.reflector.cache(DEFINITIONS).get('', name);
    if (!cached) return undefined;
    const crd = cached.object as Definition;
    if (crd.metadata.deletionTimestamp !== undefined) return await this.#cleanUp(crd);
    const taken = () => this.#acceptedIn(crd.spec.group);
    const wanted = statusOf(crd, taken(), timestamp(Date.now()));
    if (canonicalJson(wanted) === canonicalJson(crd.status)) return undefined;
    await this.#change(crd, (object) => {
      object.status = statusOf(object, taken(), timestamp(Date.now()));
    });
    return undefined;
  }

  /** Removes the objects of a definition that is deleted, and then lets it go. */
  async #cleanUp(crd: Definition): Promise<typeof AGAIN | undefined> {
    const { finalizers = [] } = crd.metadata;
    if (!finalizers.includes(CLEANUP)) return undefined;
    const terminating = (reason: string, message: string, status = 'True') =>
      this.#change(crd, (object) => {
        const conditions = object.status?.conditions ?? [];
        const condition = { type: 'Terminating', status, reason, message };
        object.status = { ...object.status, conditions: withCondition(conditions, condition, timestamp(Date.now())) };
        if (status === 'False') {
          object.metadata.finalizers = object.metadata.finalizers?.filter((one) => one !== CLEANUP) ?? [];
        }
      });
    const storage = `${crd.spec.names.plural}.${crd.spec.group}` as ResourceName;
    const objects = [...this.#context.reflector.cache(storage).list()];
    if (objects.length > 0) {
      await terminating('InstanceDeletionInProgress', 'CustomResource deletion is in progress');
      await this.#deleteAll(crd, objects);
      return AGAIN;
    }
    await terminating('InstanceDeletionCompleted', 'removed all instances', 'False');
    return undefined;
  }

  /** Objects are deleted as they are stored: a version need not be served for that. */
  async #deleteAll(crd: Definition, objects: readonly CachedObject[]): Promise<void> {
    const definition = storedCustomResource(crd);
    const left = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    for (let from = 0; from < left.length; from += BATCH) {
      const batch = left.slice(from, from + BATCH);
      await Promise.all(batch.map(({ record: { namespace, name } }) => this.#delete({ definition, namespace, name })));
    }
  }

  async #delete(target: Target): Promise<void> {
    const options = { preconditions: {}, dryRun: false, propagationPolicy: 'Background' } as const;
    try {
      await deleteObject(this.#context, { target, options });
    } catch (error) {
      if (!(error instanceof ApiError) || error.reason !== 'NotFound') throw error;
    }
  }

  async #change({ metadata }: Definition, change: (crd: Definition) => void): Promise<void> {
    const target: Target = { definition: resourceByStorage(DEFINITIONS), namespace: '', name: metadata.name };
    await commit(this.#context, {
      target,
      dryRun: false,
      decide: (current) => {
        if (current?.uid !== metadata.uid) return { kind: 'keep' };
        const object = objectOf(target, current) as Definition;
        change(object);
        return decisionFor(target, object, current);
      },
    });
  }
}
