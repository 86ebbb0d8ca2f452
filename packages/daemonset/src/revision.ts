import { type ControllerRevision, canonicalJson, type DaemonSet } from '@everynode/objects';
import { templateHash } from '@everynode/workloads';
import { REVISION_LABEL } from './pods/daemon-pod.js';

/** The `data` of a revision: a patch that puts the template back. Source: pkg/controller/daemon/update.go, getPatch. */
export function revisionData(daemonSet: DaemonSet): { spec: { template: Record<string, unknown> } } {
  return { spec: { template: { ...daemonSet.spec?.template, $patch: 'replace' } } };
}

/** The hash in a revision's name, and in the labels of its pods. */
export function revisionHash(daemonSet: DaemonSet): string {
  return templateHash(daemonSet.spec?.template, daemonSet.status?.collisionCount);
}

/** The hash that a revision's pods carry; for a revision without the label it is the revision's name. */
export function hashOf(revision: ControllerRevision): string {
  return revision.metadata?.labels?.[REVISION_LABEL] ?? revision.metadata?.name ?? '';
}

/** What gives the current revision its number, and the number. */
type RevisionAction = { action: 'create' | 'renumber' | 'none'; revision: number };

/**
 * `matching` is the number of the revision that equals the template, if there is one. A rollback makes an old revision
 * the highest again instead of adding one. Source: update.go, constructHistory.
 */
export function nextRevisionNumber(others: readonly number[], matching: number | undefined): RevisionAction {
  const highest = Math.max(0, ...others);
  if (matching === undefined) return { action: 'create', revision: highest + 1 };
  return matching > highest || others.length === 0
    ? { action: 'none', revision: matching }
    : { action: 'renumber', revision: highest + 1 };
}

/** The revisions of a DaemonSet, compared with its template. */
export interface History<R extends ControllerRevision = ControllerRevision> {
  /** The revision that equals the template; the one with the highest number when several do. */
  current: R | undefined;
  /** Other revisions that equal it: their pods are relabelled, and they are deleted. */
  duplicates: R[];
  old: R[];
  next: RevisionAction;
}

/**
 * Compares the revisions of a DaemonSet with its template. Source: update.go, constructHistory and dedupCurHistories.
 */
export function historyOf<R extends ControllerRevision>(daemonSet: DaemonSet, revisions: readonly R[]): History<R> {
  const wanted = canonicalJson(revisionData(daemonSet));
  const equal: R[] = [];
  const old: R[] = [];
  for (const revision of revisions) (canonicalJson(revision.data) === wanted ? equal : old).push(revision);
  equal.sort((a, b) => b.revision - a.revision);
  const [current, ...duplicates] = equal;
  return {
    current,
    duplicates,
    old,
    next: nextRevisionNumber(
      old.map((revision) => revision.revision),
      current?.revision,
    ),
  };
}

/** What trimming reads of a revision. */
export interface OldRevision {
  name: string;
  revision: number;
  hash: string;
}

/**
 * Returns the names of old revisions beyond the limit, lowest number first, except those of live pods.
 * Source: update.go, cleanupHistory.
 */
export function trimHistory(old: readonly OldRevision[], limit: number, liveHashes: ReadonlySet<string>): string[] {
  const excess = old.length - limit;
  if (excess <= 0) return [];
  return [...old]
    .sort((a, b) => a.revision - b.revision)
    .filter((revision) => !liveHashes.has(revision.hash))
    .slice(0, excess)
    .map((revision) => revision.name);
}
