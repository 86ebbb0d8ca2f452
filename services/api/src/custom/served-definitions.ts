import { customResources } from '@everynode/custom-resources';
import {
  apiVersionOf,
  type CustomResourceDefinition,
  canonicalJson,
  isConditionTrue,
  type ResourceDefinition,
  type ResourceName,
  replaceCustomTypes,
  type Stored,
  setCustomResources,
  type TypeFacts,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { StoredKinds } from '../cached-resources.js';
import { DEFINITIONS } from './definition-names.js';

type Definition = Stored<CustomResourceDefinition>;

/** What is served of one definition. */
interface Served {
  /** What it was made of: it is made anew for other facts only. */
  readonly facts: string;
  readonly resources: readonly ResourceDefinition[];
  readonly types: ReadonlyMap<string, TypeFacts>;
}

const NOTHING: Served = { facts: '', resources: [], types: new Map() };

/** Serves what established definitions say, on every replica. A change of one definition costs what that one costs. */
export class ServedDefinitions {
  readonly #context: ApiContext;
  readonly #kinds: StoredKinds;
  readonly #served = new Map<string, Served>();

  constructor(context: ApiContext, kinds: StoredKinds) {
    this.#context = context;
    this.#kinds = kinds;
  }

  /** Serves what the caches have, now and from now on. */
  start(): void {
    const { reflector } = this.#context;
    this.#update([...reflector.cache(DEFINITIONS).list()].map(({ record }) => record.name));
    reflector.addListener({
      onChanges: (changes) => {
        const names = changes.flatMap(({ current: { record } }) =>
          record.resource === DEFINITIONS ? [record.name] : [],
        );
        if (names.length > 0) this.#update(names);
      },
    });
  }

  #update(names: readonly string[]): void {
    let hasChanged = false;
    for (const name of new Set(names)) {
      const before = this.#served.get(name) ?? NOTHING;
      const after = this.#servedOf(name, before);
      if (after === before) continue;
      hasChanged = true;
      replaceCustomTypes(before.types, after.types);
      if (after === NOTHING) this.#served.delete(name);
      else this.#served.set(name, after);
    }
    if (hasChanged) setCustomResources([...this.#served.values()].flatMap(({ resources }) => resources));
  }

  #servedOf(name: string, before: Served): Served {
    const cached = this.#context.reflector.cache(DEFINITIONS).get('', name);
    if (!cached) return NOTHING;
    const crd = cached.object as Definition;
    if (!isConditionTrue(crd.status, 'Established')) return NOTHING;
    const { uid, generation } = crd.metadata;
    const facts = canonicalJson([uid, generation, crd.status?.acceptedNames]);
    return facts === before.facts ? before : this.#make(crd, facts);
  }

  #make(crd: Definition, facts: string): Served {
    const { group, names, versions } = crd.spec;
    try {
      const served = customResources(crd);
      const stored = versions.find(({ storage }) => storage)?.name ?? '';
      const kind = crd.status?.acceptedNames?.kind ?? names.kind;
      this.#kinds.name(`${names.plural}.${group}` as ResourceName, {
        apiVersion: apiVersionOf({ group, version: stored }),
        kind,
      });
      return {
        facts,
        resources: served.map(({ definition }) => definition),
        types: new Map(served.flatMap(({ type }) => [...type.types])),
      };
    } catch (err) {
      this.#context.log.error({ err, definition: crd.metadata.name }, 'a custom resource cannot be served');
      return { ...NOTHING, facts };
    }
  }
}
