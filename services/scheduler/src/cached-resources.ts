import { SERVICE_LABEL } from '@everynode/endpoints';
import type { CachedObject, Indexer, ReflectorOptions } from '@everynode/list-watch';
import { apiVersionOf, controllerOf, type ResourceName, resources } from '@everynode/objects';
import { TRACKING_FINALIZER } from '@everynode/workloads';
import type { CustomKinds } from './custom-kinds.js';

/** Every owner, controlling or not: the garbage collector follows them all. */
const byOwner: Indexer = ({ metadata }: CachedObject) => metadata.ownerReferences?.map((owner) => owner.uid) ?? [];
const byPlacement: Indexer = ({ record }: CachedObject) => (record.placement === null ? [] : [record.placement]);

/** Objects without a controller, by namespace: an owner that selects them adopts them. */
const orphans: Indexer = ({ metadata, record }: CachedObject) => (controllerOf(metadata) ? [] : [record.namespace]);

/** Pods whose end their Job has not counted yet, by the key of the Job; without a name for those that it has left. */
const tracked: Indexer = ({ record, metadata }: CachedObject) => {
  if (!record.metadata.includes(TRACKING_FINALIZER)) return [];
  const owner = controllerOf(metadata);
  return owner && owner.kind !== 'Job' ? [] : [`${record.namespace}/${owner?.name ?? ''}`];
};

/** Pods that may keep others away from their node: looked for in the text, so that no spec is parsed for it. */
const withAntiAffinity: Indexer = ({ record }: CachedObject) =>
  record.desired.includes('"podAntiAffinity"') ? [''] : [];

/** Slices by the key of their service. */
const byService: Indexer = ({ record, labels }: CachedObject) =>
  labels?.[SERVICE_LABEL] ? [`${record.namespace}/${labels[SERVICE_LABEL]}`] : [];

const INDEXERS: Record<string, Record<string, Indexer>> = {
  pods: { byOwner, byNode: byPlacement, withAntiAffinity, orphans, tracked },
  'replicasets.apps': { byOwner, orphans },
  'controllerrevisions.apps': { byOwner, orphans },
  'endpointslices.discovery.k8s.io': { byOwner, byService },
  nodes: { byOwner, byAgent: byPlacement },
};

/** Events are never read. */
const NOT_KEPT: readonly ResourceName[] = ['events'];

/** What the scheduler keeps in memory: every resource but events, and what clients define. */
export const cachedResources: ReflectorOptions['resources'] = resources
  .filter(({ storage }) => !NOT_KEPT.includes(storage))
  .map((definition) => ({
    resource: definition.storage,
    kind: { apiVersion: apiVersionOf(definition), kind: definition.kind },
    indexers: INDEXERS[definition.storage] ?? { byOwner },
  }));

/** Objects of clients' kinds are kept for their namespaces, owners and quotas. */
export const otherResources = (kinds: CustomKinds): NonNullable<ReflectorOptions['others']> => ({
  kindOf: (resource) => kinds.kindOf(resource),
  indexers: { byOwner },
  except: NOT_KEPT,
});
