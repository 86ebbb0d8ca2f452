import type { CachedObject, Indexer, ReflectorOptions } from '@everynode/list-watch';
import { apiVersionOf, resources } from '@everynode/objects';

/** Every owner, controlling or not: the garbage collector follows them all. */
const byOwner: Indexer = ({ metadata }: CachedObject) => metadata.ownerReferences?.map((owner) => owner.uid) ?? [];
const byPlacement: Indexer = ({ record }: CachedObject) => (record.placement === null ? [] : [record.placement]);

/** Pods that may keep others away from their node: looked for in the text, so that no spec is parsed for it. */
const withAntiAffinity: Indexer = ({ record }: CachedObject) =>
  record.desired.includes('"podAntiAffinity"') ? [''] : [];

const INDEXERS: Record<string, Record<string, Indexer>> = {
  pods: { byOwner, byNode: byPlacement, withAntiAffinity },
  nodes: { byOwner, byAgent: byPlacement },
};

/** What the scheduler keeps in memory: every resource but events, which it never reads. */
export const cachedResources: ReflectorOptions['resources'] = resources
  .filter((definition) => definition.storage !== 'events')
  .map((definition) => ({
    resource: definition.storage,
    kind: { apiVersion: apiVersionOf(definition), kind: definition.kind },
    indexers: INDEXERS[definition.storage] ?? { byOwner },
  }));
