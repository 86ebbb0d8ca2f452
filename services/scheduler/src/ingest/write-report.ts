import { type PodStatusItem, reportOrder } from '@everynode/contract';
import type { Decision, Store, WriteResult } from '@everynode/store';
import { decidePodStatus, decidePodStopped } from './pod-status.js';
import { checkedDecision, MAX_POD_STATUS } from './report-content.js';

/**
 * What was done to the pod, its uid, and the order of the last report on it before this one. There is no uid where no
 * pod of the name is on the node that the report names.
 */
export interface Written extends Pick<WriteResult, 'uid' | 'outcome'> {
  stored: number;
}

/**
 * Writes a report on a pod, unless what is stored is newer. `foreign` is an order that a former host of the node has
 * left: where it is what is stored, no report is stored yet.
 * @throws ReportRefusedError, and what the store throws.
 */
export async function writeReport(
  store: Store,
  item: PodStatusItem,
  incarnation: number,
  foreign?: number,
): Promise<Written> {
  const order = reportOrder(incarnation, item.sequence);
  const key = { resource: 'pods' as const, namespace: item.namespace, name: item.name };
  let stored = 0;
  let isOnNode = false;
  const ordered = <C extends { sequence: number; placement: string | null }>(current: C | undefined): C | undefined => {
    stored = current === undefined || current.sequence === foreign ? 0 : current.sequence;
    isOnNode = current?.placement === item.node;
    return current && { ...current, sequence: stored };
  };
  const checked = (decision: Decision): Decision => checkedDecision(decision, MAX_POD_STATUS);
  const { uid, outcome } = await (item.stopped
    ? store.write({
        key,
        reads: 'all-but-desired',
        decide: (now) => checked(decidePodStopped(ordered(now), item, order)),
      })
    : store.write({ key, reads: 'observed', decide: (now) => checked(decidePodStatus(ordered(now), item, order)) }));
  return { uid: isOnNode ? uid : undefined, outcome, stored };
}
