export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** The fields of meta/v1 DeleteOptions that concern the object itself. */
export interface DeletionOptions {
  /** Seconds; a negative number is read as 1. When it is missing, the object's own grace period counts. */
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  /** The old spelling: true is propagation `Orphan`, false is the opposite. It wins over the policy. */
  orphanDependents?: boolean;
}

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

/**
 * The finalizers of an object when its deletion is requested. The two of the garbage collector are added or removed as
 * the options ask, else as they are, else by the kind's default. The order of the others does not change.
 *
 * Source: apiserver registry/generic/registry/store.go, deletionFinalizersForGarbageCollection.
 */
export function finalizersForDeletion(
  finalizers: readonly string[],
  options: DeletionOptions,
  defaultPolicy: 'Background' | 'Orphan',
): string[] {
  const others = finalizers.filter((name) => name !== ORPHAN_FINALIZER && name !== FOREGROUND_FINALIZER);
  const policy = propagationOf(finalizers, options, defaultPolicy);
  if (policy === 'Orphan') return [...others, ORPHAN_FINALIZER];
  if (policy === 'Foreground') return [...others, FOREGROUND_FINALIZER];
  return others;
}

function propagationOf(
  finalizers: readonly string[],
  options: DeletionOptions,
  defaultPolicy: 'Background' | 'Orphan',
): PropagationPolicy {
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background';
  if (options.propagationPolicy !== undefined) return options.propagationPolicy;
  if (finalizers.includes(ORPHAN_FINALIZER)) return 'Orphan';
  if (finalizers.includes(FOREGROUND_FINALIZER)) return 'Foreground';
  return defaultPolicy;
}
