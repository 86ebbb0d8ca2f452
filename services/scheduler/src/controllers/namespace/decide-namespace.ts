import type { NamespaceStatus, StoredMeta } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { namespaceConditions, type RemainingResource } from './namespace-conditions.js';

/** The finalizer in a namespace's spec that stays until the namespace is empty. */
const CONTENT_FINALIZER = 'kubernetes';

/** Notes in the status what is left in a namespace that is being deleted. `now` is an RFC 3339 time. */
export function decideConditions(
  current: Current<'observed'> | undefined,
  uid: string,
  remaining: readonly RemainingResource[],
  now: string,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const status = JSON.parse(current.observed ?? '{}') as NamespaceStatus;
  const before = status.conditions ?? [];
  const conditions = namespaceConditions(before, remaining, now);
  if (conditions === before) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify({ ...status, conditions }) } };
}

/** Sets the phase Terminating. The api sets it at once, but a status write of a client may have undone that. */
export function decideTerminating(current: Current<'observed'> | undefined, uid: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const status = JSON.parse(current.observed ?? '{}') as NamespaceStatus;
  if (status.phase === 'Terminating') return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify({ ...status, phase: 'Terminating' }) } };
}

/**
 * Removes an empty namespace, unless a finalizer of another controller holds it.
 * Source: pkg/registry/core/namespace/storage, and the namespaced resources deleter's finalizeNamespace.
 */
export function decideFinalize(current: Current<'all'> | undefined, uid: string): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const metadata = JSON.parse(current.metadata) as StoredMeta;
  if (metadata.deletionTimestamp === undefined) return { kind: 'keep' };
  const desired = JSON.parse(current.desired) as { spec?: { finalizers?: string[] } };
  const finalizers = desired.spec?.finalizers ?? [];
  const left = finalizers.filter((name) => name !== CONTENT_FINALIZER);
  const { finalizers: _before, ...rest } = desired.spec ?? {};
  const parts = {
    desired: JSON.stringify({ ...desired, spec: left.length > 0 ? { ...rest, finalizers: left } : rest }),
  };
  if (left.length === 0 && (metadata.finalizers?.length ?? 0) === 0) return { kind: 'delete', parts };
  return left.length === finalizers.length ? { kind: 'keep' } : { kind: 'update', parts };
}
