export type PropagationPolicy = 'Background' | 'Foreground' | 'Orphan';

/** What a delete asks for: the fields of meta/v1 DeleteOptions that bear on the object itself. */
export interface DeletionOptions {
  /** Seconds; below 0 is read as 1. Left out: what the object says of itself. */
  gracePeriodSeconds?: number;
  propagationPolicy?: PropagationPolicy;
  /** The old spelling of propagation `Orphan` (true) and of not orphaning (false); it wins over the policy. */
  orphanDependents?: boolean;
}

export const ORPHAN_FINALIZER = 'orphan';
export const FOREGROUND_FINALIZER = 'foregroundDeletion';

/**
 * The finalizers that an object has once its deletion is asked for: the two of the garbage collector are put in or taken
 * out as the options, else what is there, else the kind's default says. The order of the others stays.
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
