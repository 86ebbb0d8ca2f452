import { type PodSpec, type PodStatus, timestamp } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import { withNodeReadiness } from '@everynode/workloads';

/**
 * Applies {@link withNodeReadiness} to the stored pod. Pods that are being deleted keep the status that their agent
 * reported.
 */
export function decidePodReadiness(
  current: Pick<Current<'observed'>, 'uid' | 'deleting' | 'observed'> | undefined,
  uid: string,
  gates: PodSpec['readinessGates'],
  isNodeReady: boolean,
  now: number,
): Decision {
  if (current?.uid !== uid || current.deleting || !current.observed) return { kind: 'keep' };
  const at = timestamp(now);
  const next = withNodeReadiness(JSON.parse(current.observed) as PodStatus, gates, isNodeReady, at);
  return next ? { kind: 'update', parts: { observed: JSON.stringify(next) } } : { kind: 'keep' };
}
