import type { Indexer, KindName, ReflectorOptions } from '@everynode/list-watch';
import { apiVersionOf, type ResourceName, resources } from '@everynode/objects';

/**
 * The kind of every stored resource. Where two definitions show one resource, the one that does not convert names it.
 */
export const STORED_KINDS: ReadonlyMap<ResourceName, KindName> = new Map(
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
