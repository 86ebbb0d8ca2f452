import type { PodStatusItem } from '@everynode/contract';
import { metadataText, type PodCondition, type PodStatus, type StoredMeta } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';

const TERMINAL: ReadonlySet<string | undefined> = new Set(['Succeeded', 'Failed']);

/**
 * Decides what a report writes to the stored pod. A report on another pod of the same name, on a pod of another node,
 * or older than what is stored writes nothing; so a report may come twice, late, or from an agent that was taken for
 * dead.
 */
export function decidePodStatus(
  current: Current<'observed'> | undefined,
  item: PodStatusItem,
  order: number,
): Decision {
  if (!isAbout(current, item, order)) return { kind: 'keep' };
  const observed = changedStatus(current, item);
  return observed === undefined ? kept(current, order) : { kind: 'update', parts: { observed }, sequence: order };
}

/** The same for a report that the pod has stopped: a pod that is being deleted is then removed. */
export function decidePodStopped(
  current: Current<'all-but-desired'> | undefined,
  item: PodStatusItem,
  order: number,
): Decision {
  if (!isAbout(current, item, order) || !current.deleting) return decidePodStatus(current, item, order);
  const observed = changedStatus(current, item);
  return finished(current, observed === undefined ? {} : { observed }, order);
}

/**
 * A report that changes nothing. Reports between it and the stored one may still be on their way, and must not be taken
 * for newer: then its order is stored. Usually there are none, and nothing is written.
 */
function kept({ sequence }: { sequence: number }, order: number): Decision {
  return order === sequence + 1 ? { kind: 'keep' } : { kind: 'keep', sequence: order };
}

function isAbout<C extends Current<'observed'>>(
  current: C | undefined,
  { uid, node }: PodStatusItem,
  order: number,
): current is C {
  return current !== undefined && current.uid === uid && current.placement === node && order > current.sequence;
}

/**
 * The merged status; undefined when the report changes nothing. Merging keeps the order of fields, so texts are
 * compared.
 */
function changedStatus(current: Current<'observed'>, item: PodStatusItem): string | undefined {
  const reported = item.status as PodStatus | undefined;
  if (!reported) return undefined;
  const stored = current.observed ?? '{}';
  const merged = JSON.stringify(mergeStatus(JSON.parse(stored) as PodStatus, reported));
  return merged === stored ? undefined : merged;
}

/** The pod has stopped: it is deleted, or when finalizers hold it, its grace period becomes 0. */
function finished(current: Current<'all-but-desired'>, parts: { observed?: string }, order: number): Decision {
  // Hardly any pod has finalizers, so most metadata need not be parsed.
  if (!current.metadata.includes('"finalizers"')) return { kind: 'delete', parts };
  const metadata = JSON.parse(current.metadata) as StoredMeta;
  if (!metadata.finalizers?.length) return { kind: 'delete', parts };
  const released = metadataText({ ...metadata, deletionGracePeriodSeconds: 0 });
  return { kind: 'update', parts: { ...parts, metadata: released }, sequence: order };
}

/** Conditions that only an agent sets, and that it leaves out when they no longer hold. */
const AGENT_CONDITIONS = ['PodResizePending', 'PodResizeInProgress'];

/**
 * The agent owns the fields that it reports. Conditions of other writers (readiness gates, disruption) stay, a finished
 * phase stays, and fields that the scheduler has set (qosClass, nominatedNodeName) stay unless the report has them.
 * Source: kubelet's status manager, mergePodStatus.
 */
function mergeStatus(stored: PodStatus, reported: PodStatus): PodStatus {
  const own = new Set([...AGENT_CONDITIONS, ...(reported.conditions ?? []).map((condition) => condition.type)]);
  const foreign: PodCondition[] = (stored.conditions ?? []).filter((condition) => !own.has(condition.type));
  const merged: PodStatus = { ...stored, ...reported };
  if (reported.conditions || foreign.length > 0) merged.conditions = [...(reported.conditions ?? []), ...foreign];
  // The class follows from the spec, and never changes. Claims are a right of the node to them, and not of its making.
  keep(merged, stored, 'resourceClaimStatuses');
  keep(merged, stored, 'extendedResourceClaimStatus');
  if (stored.qosClass !== undefined) merged.qosClass = stored.qosClass;
  if (TERMINAL.has(stored.phase)) {
    merged.phase = stored.phase as string;
    if (stored.reason !== undefined) merged.reason = stored.reason;
    if (stored.message !== undefined) merged.message = stored.message;
  }
  return merged;
}

function keep<K extends keyof PodStatus>(merged: PodStatus, stored: PodStatus, field: K): void {
  if (stored[field] === undefined) delete merged[field];
  else merged[field] = stored[field];
}
