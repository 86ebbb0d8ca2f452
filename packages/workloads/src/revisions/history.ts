import { type ControllerRevision, canonicalJson, type PodTemplateSpec } from '@everynode/objects';

/** The label of a pod that names its revision: a DaemonSet's pods have the hash, a StatefulSet's the whole name. */
export const REVISION_LABEL = 'controller-revision-hash';

/** The `data` of a revision: a patch that puts the template back. Source: daemon/update.go, getPatch. */
export function revisionData(owner: { spec?: { template?: PodTemplateSpec } }): {
  spec: { template: Record<string, unknown> };
} {
  return { spec: { template: { ...owner.spec?.template, $patch: 'replace' } } };
}

/** The template of a revision. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = (data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  const { $patch: _patch, ...template } = spec?.template ?? {};
  return template;
}

/** What gives the current revision its number, and the number. */
type RevisionAction = { action: 'create' | 'renumber' | 'none'; revision: number };

/**
 * `matching` is the number of the revision that equals the template, if there is one. A rollback makes an old revision
 * the highest again instead of adding one. Source: daemon/update.go, constructHistory; statefulset,
 * getStatefulSetRevisions.
 */
export function nextRevisionNumber(others: readonly number[], matching: number | undefined): RevisionAction {
  const highest = Math.max(0, ...others);
  if (matching === undefined) return { action: 'create', revision: highest + 1 };
  return matching > highest || others.length === 0
    ? { action: 'none', revision: matching }
    : { action: 'renumber', revision: highest + 1 };
}

/** The revisions of an owner, compared with its template. */
export interface History<R extends ControllerRevision = ControllerRevision> {
  /** The revision that equals the template; the one with the highest number when several do. */
  current: R | undefined;
  /** Other revisions that equal it: a DaemonSet relabels their pods and deletes them. */
  duplicates: R[];
  old: R[];
  next: RevisionAction;
}

/** Compares the revisions of an owner with its template. Source: daemon/update.go, constructHistory. */
export function historyOf<R extends ControllerRevision>(
  owner: { spec?: { template?: PodTemplateSpec } },
  revisions: readonly R[],
): History<R> {
  const wanted = canonicalJson(revisionData(owner));
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

/** How many old revisions an owner keeps; as many as upstream where it does not say. */
export const historyLimitOf = ({ spec }: { spec?: { revisionHistoryLimit?: number } }): number =>
  spec?.revisionHistoryLimit ?? 10;

/** What trimming reads of a revision. */
export interface OldRevision {
  name: string;
  revision: number;
  hash: string;
}

/**
 * Returns the names of old revisions beyond the limit, lowest number first, except those of live pods.
 * Source: daemon/update.go, cleanupHistory.
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
