import type { ControllerRevision, DaemonSet } from '@everynode/objects';
import { FAILED_REVISION_ANNOTATION, GOOD_REVISION_ANNOTATION } from '../limits/rollout-limits.js';
import { hashOf } from '../revision.js';

/** A revision to go back to. */
export interface RollbackTarget {
  hash: string;
  revision: number;
  template: NonNullable<DaemonSet['spec']>['template'];
}

/**
 * Returns the last revision that was marked as good or, where none is, the newest old one. Undefined when every other
 * revision has failed, and when the stuck revision was good before: then the nodes are at fault.
 */
export function rollbackTarget(
  { metadata }: DaemonSet,
  revisions: readonly ControllerRevision[],
  failedHash: string,
): RollbackTarget | undefined {
  const good = metadata?.annotations?.[GOOD_REVISION_ANNOTATION];
  if (good === failedHash) return undefined;
  const failedBefore = metadata?.annotations?.[FAILED_REVISION_ANNOTATION];
  const others = revisions
    .filter((revision) => hashOf(revision) !== failedHash && hashOf(revision) !== failedBefore)
    .sort((a, b) => b.revision - a.revision);
  const target = others.find((revision) => hashOf(revision) === good) ?? others[0];
  if (!target) return undefined;
  const { spec } = target.data as { spec: { template: RollbackTarget['template'] & { $patch?: string } } };
  const { $patch: _patch, ...template } = spec.template;
  return { hash: hashOf(target), revision: target.revision, template };
}
