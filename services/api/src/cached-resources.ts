import type { Indexer, KindName, ReflectorOptions } from '@everynode/list-watch';
import { apiVersionOf, type ResourceName, resources } from '@everynode/objects';

/**
 * The kind of every stored resource. Where two definitions show one resource, the one that does not convert names it.
 */
const STORED_KINDS: ReadonlyMap<ResourceName, KindName> = new Map(
  resources
    .filter((definition) => !definition.convert)
    .map((definition) => [
      definition.storage,
      { apiVersion: apiVersionOf(definition), kind: definition.kind, forgetsParsed: true },
    ]),
);

const byPlacement: Indexer = ({ record }) => (record.placement === null ? [] : [record.placement]);

/** The api caches every resource. Pods are also found by their node. */
export const CACHED_RESOURCES: ReflectorOptions['resources'] = [...STORED_KINDS].map(([resource, kind]) => ({
  resource,
  kind,
  ...(resource === 'pods' && { indexers: { byPlacement } }),
}));

/**
 * The kinds of all resources, those that clients define included: their objects may come before the definition does.
 */
export class StoredKinds extends Map<ResourceName, KindName> {
  constructor() {
    super(STORED_KINDS);
  }

  override has(): boolean {
    return true;
  }

  /** A kind that is not known yet is named when its definition is there: {@link name}. */
  override get(resource: ResourceName): KindName {
    let kind = super.get(resource);
    if (!kind) {
      kind = { apiVersion: '', kind: '', forgetsParsed: true };
      this.set(resource, kind);
    }
    return kind;
  }

  /** Names the kind of a resource, also for objects that are in the caches already. */
  name(resource: ResourceName, names: Pick<KindName, 'apiVersion' | 'kind'>): void {
    Object.assign(this.get(resource), names);
  }
}
