import type { StoredMeta } from '../kube-object.js';
import { type MetadataText, metadataText, type ObjectRecord } from '../record.js';
import { timestamp } from '../timestamp.js';
import { type DeletionOptions, finalizersForDeletion } from './delete-options.js';

/** A stored object as a deletion looks at it. */
export type Deletable = Pick<ObjectRecord, 'metadata' | 'desired' | 'observed' | 'placement'>;

/** What a kind says about the deletion of its objects. */
export interface DeletionRules {
  defaultPropagation: 'Background' | 'Orphan';
  /**
   * For kinds that go gracefully: how many seconds an object gets, when `asked` were asked for. Objects of other kinds go
   * at once, or when their finalizers are gone.
   */
  graceSeconds?: (object: Deletable, asked: number | undefined) => number;
}

/** What a deletion does to the stored object; a store's write takes it as its decision. */
export type DeletionDecision =
  | { kind: 'keep' }
  | { kind: 'update'; parts: { metadata: MetadataText }; deleting: true }
  /** The last words show an object that goes gracefully as one that was asked to, as upstream's watchers see it. */
  | { kind: 'delete'; parts?: { metadata: MetadataText } };

const KEEP: DeletionDecision = { kind: 'keep' };
const DELETE: DeletionDecision = { kind: 'delete' };

/**
 * Applies a DELETE. `now` is ms since the epoch.
 *
 * An object that nothing holds is removed. One with finalizers, or with a grace period, is marked with deletionTimestamp
 * and stays for whoever holds it. A second delete may shorten a pending grace period and do nothing else; it cannot even
 * change the propagation.
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

/** May an object whose finalizers have changed go now? It was asked to, nothing holds it, and no grace is running. */
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
    // Its controllers have to behave differently from now on, so it counts as a new generation.
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
