import { FAILED_REVISION_ANNOTATION, GOOD_REVISION_ANNOTATION, type RollbackTarget } from '@everynode/daemonset';
import type { Stored } from '@everynode/objects';
import { canonicalJson, type DaemonSet, resourceByStorage, splitObject } from '@everynode/objects';
import { type Current, type Decision, editMetadata, objectOf } from '@everynode/store';
import { revisionData } from '@everynode/workloads';

/** Records that every node runs the revision. */
export function decideMark(current: Current<'all-but-desired'> | undefined, uid: string, hash: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  return editMetadata(current, ({ annotations, ...metadata }) =>
    annotations?.[GOOD_REVISION_ANNOTATION] === hash
      ? undefined
      : { ...metadata, annotations: { ...annotations, [GOOD_REVISION_ANNOTATION]: hash } },
  );
}

/**
 * Puts the old template back and records which revision failed, unless the template or a limit of the rollout was
 * changed meanwhile: a hold that comes last comes before the verdict.
 */
export function decideRollback(
  current: Current<'all'> | undefined,
  seen: DaemonSet,
  target: RollbackTarget,
  failedHash: string,
): Decision {
  if (current?.uid !== seen.metadata?.uid || !current) return { kind: 'keep' };
  const before = objectOf(current, { apiVersion: 'apps/v1', kind: 'DaemonSet' }) as Stored<DaemonSet>;
  if (canonicalJson(revisionData(before)) !== canonicalJson(revisionData(seen))) return { kind: 'keep' };
  if (limitsText(before) !== limitsText(seen)) return { kind: 'keep' };
  const after = structuredClone(before);
  if (after.spec) after.spec.template = target.template;
  after.metadata.annotations = { ...after.metadata.annotations, [FAILED_REVISION_ANNOTATION]: failedHash };
  resourceByStorage('daemonsets.apps').prepareForUpdate(after, before);
  const { metadata, desired } = splitObject(after);
  return { kind: 'update', parts: { metadata, desired } };
}

/** The annotations of Everynode, as text to compare. */
function limitsText({ metadata }: DaemonSet): string {
  const own = Object.entries(metadata?.annotations ?? {}).filter(([key]) => key.startsWith('everynode.io/'));
  return JSON.stringify(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}
