import type { Deployment, ReplicaSet, Stored } from '@everynode/objects';

export const REVISION_ANNOTATION = 'deployment.kubernetes.io/revision';
export const HISTORY_ANNOTATION = 'deployment.kubernetes.io/revision-history';
export const DESIRED_ANNOTATION = 'deployment.kubernetes.io/desired-replicas';
export const MAX_ANNOTATION = 'deployment.kubernetes.io/max-replicas';
export const HASH_LABEL = 'pod-template-hash';

/** A ReplicaSet as a pass of its Deployment changes it. */
export interface Draft {
  name: string;
  /** Undefined for one that the pass creates. */
  stored: Stored<ReplicaSet> | undefined;
  replicas: number;
  minReadySeconds: number;
  annotations: Record<string, string>;
}

export function draftOf(stored: Stored<ReplicaSet>): Draft {
  const { metadata, spec } = stored;
  return {
    name: metadata.name,
    stored,
    replicas: spec?.replicas ?? 1,
    minReadySeconds: spec?.minReadySeconds ?? 0,
    annotations: { ...metadata.annotations },
  };
}

/** The number of pods that a Deployment asks for. */
export const wantedReplicas = ({ spec }: Deployment): number => spec?.replicas ?? 1;

type Counter = 'replicas' | 'readyReplicas' | 'availableReplicas' | 'terminatingReplicas';

/** What the status of a ReplicaSet counts; one that does not exist yet has no pods. */
export const counted = ({ stored }: Draft, counter: Counter): number => stored?.status?.[counter] ?? 0;

export const sumCounted = (drafts: readonly Draft[], counter: Counter): number =>
  drafts.reduce((sum, draft) => sum + counted(draft, counter), 0);

/** The number of pods that ReplicaSets ask for. */
export const sumReplicas = (drafts: readonly Draft[]): number =>
  drafts.reduce((sum, { replicas }) => sum + replicas, 0);

/** ReplicaSets that ask for pods. */
export const active = (drafts: readonly Draft[]): Draft[] => drafts.filter(({ replicas }) => replicas > 0);

/** Older first, then by name; one that does not exist yet is the youngest. */
export function byAge(a: Draft, b: Draft): number {
  const [at, bt] = [a, b].map(({ stored }) => stored?.metadata.creationTimestamp ?? '9') as [string, string];
  if (at !== bt) return at < bt ? -1 : 1;
  return a.name < b.name ? -1 : 1;
}

/** 0 for a ReplicaSet without a number. */
export const revisionOf = ({ annotations }: Pick<Draft, 'annotations'>): number => {
  const revision = Number(annotations[REVISION_ANNOTATION] ?? 0);
  return Number.isSafeInteger(revision) ? revision : 0;
};
