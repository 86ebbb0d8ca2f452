import type { CachedObject, KindName, Reflector } from '@everynode/list-watch';
import {
  apiVersionOf,
  type CustomResourceDefinition,
  isConditionTrue,
  type ResourceName,
  resources,
  type Stored,
} from '@everynode/objects';

const DEFINITIONS = 'customresourcedefinitions.apiextensions.k8s.io';

/** A stored resource, and whether its objects have namespaces. */
interface Resource {
  resource: ResourceName;
  namespaced: boolean;
}

/** All versions of a group have the same objects. */
function groupKind({ apiVersion, kind }: KindName): string {
  const slash = apiVersion.indexOf('/');
  return `${slash < 0 ? '' : apiVersion.slice(0, slash)}/${kind}`;
}

/** Events are not kept, and own nothing. */
const BUILT_IN: ReadonlyMap<string, Resource> = new Map(
  resources
    .filter(({ convert, storage }) => !convert && storage !== 'events')
    .map((definition) => [
      groupKind({ apiVersion: apiVersionOf(definition), kind: definition.kind }),
      { resource: definition.storage, namespaced: definition.namespaced },
    ]),
);

/**
 * The kinds of all stored resources, those that clients define included. Their objects may come before the definition
 * does, and then have no kind yet.
 */
export class CustomKinds {
  readonly #names = new Map<ResourceName, KindName>();
  readonly #custom = new Map<string, Resource>();
  readonly #listeners: (() => void)[] = [];

  /** Returns the same object for a resource whenever it is asked: it is named when the definition is there. */
  kindOf(resource: ResourceName): KindName {
    const name = this.#names.get(resource) ?? { apiVersion: '', kind: '' };
    this.#names.set(resource, name);
    return name;
  }

  /** The resource of a kind; undefined for one that is not served. */
  resourceOf(kind: KindName): Resource | undefined {
    const key = groupKind(kind);
    return BUILT_IN.get(key) ?? this.#custom.get(key);
  }

  /** The resources that clients have defined. */
  get resources(): Iterable<Resource> {
    return this.#custom.values();
  }

  /** Calls the listener when kinds have been defined. */
  onDefined(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Follows the definitions. It must listen before what asks for kinds does. */
  follow(reflector: Reflector): void {
    reflector.addListener({
      onChanges: (changes) => {
        let isNew = false;
        for (const { type, current } of changes) {
          if (current.record.resource !== DEFINITIONS || type === 'DELETED') continue;
          isNew = this.#define(current as CachedObject<Stored<CustomResourceDefinition>>) || isNew;
        }
        if (isNew) for (const listener of this.#listeners) listener();
      },
    });
  }

  /**
   * Returns true for a kind that was not known, or is another resource by now. A kind stays when its definition goes:
   * its objects were first. A definition whose names are not accepted defines nothing: its kind is another's.
   */
  #define({ object: { spec, status } }: CachedObject<Stored<CustomResourceDefinition>>): boolean {
    if (!isConditionTrue(status, 'Established')) return false;
    const { group, names, versions, scope } = spec;
    const resource = `${names.plural}.${group}` as ResourceName;
    const version = versions.find(({ storage }) => storage)?.name ?? '';
    const kind = { apiVersion: apiVersionOf({ group, version }), kind: status?.acceptedNames?.kind ?? names.kind };
    Object.assign(this.kindOf(resource), kind);
    const key = groupKind(kind);
    const known = this.#custom.get(key);
    const namespaced = scope === 'Namespaced';
    if (known?.resource === resource && known.namespaced === namespaced) return false;
    this.#custom.set(key, { resource, namespaced });
    return true;
  }
}
