import { canonicalJson, type Deployment, type PodTemplateSpec, type ReplicaSet, type Stored } from '@everynode/objects';
import { ownerReferenceTo } from '../ownership/owner-reference.js';
import { templateHash } from '../template-hash.js';
import { byAge, type Draft, HASH_LABEL } from './draft.js';

const DEPLOYMENT = { apiVersion: 'apps/v1', kind: 'Deployment' };

function withoutHash(template: PodTemplateSpec | undefined): string {
  const { [HASH_LABEL]: _hash, ...labels } = template?.metadata?.labels ?? {};
  const { labels: _labels, creationTimestamp: _created, ...metadata } = template?.metadata ?? {};
  return canonicalJson({ ...template, metadata: { ...metadata, labels } });
}

/** True when both make the same pods, but for the label of the hash. Source: deployment/util, EqualIgnoreHash. */
export const isSameTemplate = (a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean =>
  withoutHash(a) === withoutHash(b);

/** The oldest ReplicaSet that has the Deployment's template. Source: deployment/util, FindNewReplicaSet. */
export function findNewest(deployment: Deployment, drafts: readonly Draft[]): Draft | undefined {
  const wanted = withoutHash(deployment.spec?.template);
  return [...drafts].sort(byAge).find(({ stored }) => withoutHash(stored?.spec?.template) === wanted);
}

/** A ReplicaSet that a Deployment creates: without uid, revision and size. */
export type NewReplicaSet = ReplicaSet & {
  metadata: NonNullable<ReplicaSet['metadata']> & { name: string; namespace: string };
  spec: NonNullable<ReplicaSet['spec']>;
};

/** Returns the ReplicaSet of the Deployment's template. Source: pkg/controller/deployment/sync.go, getNewReplicaSet. */
export function newReplicaSet(deployment: Stored<Deployment>): NewReplicaSet {
  const { metadata, spec, status } = deployment;
  const hash = templateHash(spec?.template, status?.collisionCount);
  const { template, selector, minReadySeconds } = spec ?? {};
  const labels = { ...template?.metadata?.labels, [HASH_LABEL]: hash };
  return {
    metadata: {
      name: `${metadata.name}-${hash}`,
      namespace: metadata.namespace,
      labels,
      ownerReferences: [ownerReferenceTo(DEPLOYMENT, deployment)],
    },
    spec: {
      replicas: 0,
      ...(minReadySeconds && { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
      template: { ...template, metadata: { ...template?.metadata, labels } },
    },
  };
}
