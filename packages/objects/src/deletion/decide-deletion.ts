import type { StoredMeta } from '../kube-object.js';
import { type MetadataText, metadataText, type ObjectRecord } from '../record.js';
import { timestamp } from '../timestamp.js';
import { type DeletionOptions, finalizersForDeletion } from './delete-options.js';

/** What a deletion reads of a stored object. */
export type Deletable = Pick<ObjectRecord, 'metadata' | 'desired' | 'observed' | 'placement'>;

/** The rules for deleting objects of a kind. */
export interface DeletionRules {
  defaultPropagation: 'Background' | 'Orphan';
  /**
   * Only for kinds that are deleted gracefully: the grace period of an object in seconds, when the request asked for
   * `asked`. Objects of other kinds are removed at once, or when their finalizers are gone.
   */
  graceSeconds?: (object: Deletable, asked: number | undefined) => number;
}

/** What a deletion does to the stored object. The store's write takes it as its decision. */
export type DeletionDecision =
  | { kind: 'keep' }
  | { kind: 'update'; parts: { metadata: MetadataText }; deleting: true }
  /** For a gracefully deleted object the last version has its deletionTimestamp, as upstream's watchers see it. */
  | { kind: 'delete'; parts?: { metadata: MetadataText } };

const KEEP: DeletionDecision = { kind: 'keep' };
const DELETE: DeletionDecision = { kind: 'delete' };

/**
 * Applies a DELETE. `now` is ms since the epoch.
 *
 * An object without finalizers and grace period is removed. Any other one gets a deletionTimestamp and stays until its
 * finalizers are removed or its agent reports the end. A second delete may only shorten a pending grace period; it
 * cannot change the propagation.
 *
 * Source: apiserver registry/rest/delete.go, BeforeDelete; registry/generic/registry/store.go, Delete.
 */
export function decideDeletion(
  object: Deletable,
  options: DeletionOptions,
  rules: DeletionRules,
  now: number,
): DeletionDecision {
  const metadata = JSON.parse(object.metadata) as StoredMeta;
  const { deletionTimestamp, deletionGracePeriodSeconds: pending } = metadata;
  const isGraceful = rules.graceSeconds !== undefined;
  if (isGraceful && deletionTimestamp !== undefined && pending !== undefined && pending > 0) {
    const asked = options.gracePeriodSeconds === undefined ? pending : atLeastOne(options.gracePeriodSeconds);
    if (asked >= pending) return KEEP;
    const until = Date.parse(deletionTimestamp) + (asked - pending) * 1000;
    return mark(metadata, finalizersOf(metadata, options, rules), until, asked);
  }
  const finalizers = finalizersOf(metadata, options, rules);
  if (deletionTimestamp !== undefined) {
    if (finalizers.length === 0) return DELETE;
    const isSame = JSON.stringify(finalizers) === JSON.stringify(metadata.finalizers);
    return isSame ? KEEP : mark(metadata, finalizers, Date.parse(deletionTimestamp), pending ?? 0);
  }
  if (!isGraceful && finalizers.length === 0) return DELETE;
  const grace = rules.graceSeconds ? atLeastOne(rules.graceSeconds(object, options.gracePeriodSeconds)) : 0;
  return mark(metadata, finalizers, now + grace * 1000, grace);
}

/**
 * True when an object whose finalizers have changed can be removed: it is marked as deleted, has no finalizer, and no
 * grace period is running.
 */
export function isReleased(metadata: StoredMeta): boolean {
  return (
    metadata.deletionTimestamp !== undefined &&
    (metadata.deletionGracePeriodSeconds ?? 0) === 0 &&
    (metadata.finalizers?.length ?? 0) === 0
  );
}

function finalizersOf(metadata: StoredMeta, options: DeletionOptions, rules: DeletionRules): string[] {
  return finalizersForDeletion(metadata.finalizers ?? [], options, rules.defaultPropagation);
}

function mark(metadata: StoredMeta, finalizers: string[], untilMs: number, graceSeconds: number): DeletionDecision {
  const { finalizers: _before, ...rest } = metadata;
  const marked: StoredMeta = {
    ...rest,
    // Its controllers behave differently from now on, so it counts as a new generation.
    ...(metadata.deletionTimestamp === undefined && metadata.generation && { generation: metadata.generation + 1 }),
    deletionTimestamp: timestamp(untilMs),
    deletionGracePeriodSeconds: graceSeconds,
    ...(finalizers.length > 0 && { finalizers }),
  };
  const parts = { metadata: metadataText(marked) };
  if (graceSeconds === 0 && finalizers.length === 0) return { kind: 'delete', parts };
  return { kind: 'update', parts, deleting: true };
}

function atLeastOne(seconds: number): number {
  return seconds < 0 ? 1 : seconds;
}
