import { sameStatus } from '@everynode/daemonset';
import type { DaemonSetStatus } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/** Updates the status when it differs from the stored one. */
export function decideStatus(
  current: Current<'observed'> | undefined,
  uid: string,
  statusOf: (stored: DaemonSetStatus | undefined) => DaemonSetStatus,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const stored = current.observed ? (JSON.parse(current.observed) as DaemonSetStatus) : undefined;
  const status = statusOf(stored);
  if (stored && sameStatus(stored, status)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify(status) } };
}
