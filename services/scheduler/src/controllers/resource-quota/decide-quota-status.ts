import type { ResourceQuotaStatus } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

/**
 * Writes a count, where the quota is still the one that was counted. Every commit that changes what a quota has counted
 * writes the quota, so the same revision shows that the count holds. A quota that is in force for the first time has
 * been charged nothing before: it is counted once more when this status has come back.
 */
export function decideQuotaStatus(
  current: Current<'observed'> | undefined,
  revision: number,
  counted: Required<ResourceQuotaStatus>,
): Decision {
  if (current?.revision !== revision) return { kind: 'keep' };
  const status = JSON.parse(current.observed ?? '{}') as ResourceQuotaStatus;
  if (isSame(status.hard, counted.hard) && isSame(status.used, counted.used)) return { kind: 'keep' };
  return { kind: 'update', parts: { observed: JSON.stringify({ ...status, ...counted }) } };
}

type Amounts = Record<string, string> | undefined;

/** Equal but for the order of names. Amounts are in canonical form. */
function isSame(a: Amounts, b: Record<string, string>): boolean {
  const names = Object.keys(b);
  return a !== undefined && Object.keys(a).length === names.length && names.every((name) => a[name] === b[name]);
}
