import type { ControllerRevision, DaemonSet } from '@everynode/objects';
import { REVISION_LABEL, templateHash } from '@everynode/workloads';

/** The hash in a revision's name, and in the labels of its pods. */
export function revisionHash(daemonSet: DaemonSet): string {
  return templateHash(daemonSet.spec?.template, daemonSet.status?.collisionCount);
}

/** The hash that a revision's pods carry; for a revision without the label it is the revision's name. */
export function hashOf(revision: ControllerRevision): string {
  return revision.metadata?.labels?.[REVISION_LABEL] ?? revision.metadata?.name ?? '';
}
