import { type DeploymentStatus, metadataText, type StoredMeta, semanticallyEqual } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { type DeploymentPlan, REVISION_ANNOTATION, type ReplicaSetChange, withCondition } from '@everynode/workloads';
import { isAsSeen, type SeenStatus } from '../workloads/decide-workload-status.js';

type Observed = Current<'all-but-desired'> | undefined;

/** Writes the status of a pass and the number of the newest revision, where they differ from what is stored. */
export function decideDeployment(
  current: Observed,
  seen: SeenStatus,
  { status, revision }: Pick<DeploymentPlan, 'status' | 'revision'>,
): Decision {
  if (!current || !isAsSeen(current, seen)) return { kind: 'keep' };
  const metadata = JSON.parse(current.metadata) as StoredMeta;
  const isNumbered = revision === undefined || metadata.annotations?.[REVISION_ANNOTATION] === revision;
  const isTold = semanticallyEqual(JSON.parse(current.observed ?? '{}'), status);
  if (isNumbered && isTold) return { kind: 'keep' };
  return {
    kind: 'update',
    parts: {
      ...(!isTold && { observed: JSON.stringify(status) }),
      ...(!isNumbered && { metadata: metadataText(withRevision(metadata, revision)) }),
    },
  };
}

const withRevision = (metadata: StoredMeta, revision: string): StoredMeta => ({
  ...metadata,
  annotations: { ...metadata.annotations, [REVISION_ANNOTATION]: revision },
});

/** Changes the status of a Deployment whose new ReplicaSet could not be created. `at` as the API writes times. */
export function decideRefused(current: Observed, uid: string, message: string, at: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const status = JSON.parse(current.observed ?? '{}') as DeploymentStatus;
  const conditions = withCondition(status.conditions, {
    type: 'Progressing',
    status: 'False',
    reason: 'ReplicaSetCreateError',
    message,
    lastUpdateTime: at,
    lastTransitionTime: at,
  });
  // A pass that a write of its own queues would never end.
  if (semanticallyEqual(status.conditions, conditions)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify({ ...status, conditions }) } };
}

/** Changes the size and the annotations of a ReplicaSet. A change of its spec is a new generation. */
export function decideResize(
  current: Current<'all'> | undefined,
  { stored, replicas, minReadySeconds, annotations }: ReplicaSetChange,
): Decision {
  if (current?.uid !== stored.metadata.uid) return { kind: 'keep' };
  const metadata = JSON.parse(current.metadata) as StoredMeta;
  const desired = JSON.parse(current.desired) as { spec: { replicas?: number; minReadySeconds?: number } };
  const { spec } = desired;
  const isSame = spec.replicas === replicas && (spec.minReadySeconds ?? 0) === minReadySeconds;
  const generation = (metadata.generation ?? 0) + (isSame ? 0 : 1);
  const { minReadySeconds: _before, ...others } = spec;
  const next = { ...others, replicas, ...(minReadySeconds > 0 && { minReadySeconds }) };
  return {
    kind: 'update',
    parts: {
      metadata: metadataText({ ...metadata, generation, annotations: { ...metadata.annotations, ...annotations } }),
      ...(!isSame && { desired: JSON.stringify({ ...desired, spec: next }) }),
    },
  };
}
