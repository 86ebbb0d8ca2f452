import { toleratesTaint } from '@everynode/daemonset';
import { parseQuantity, qosClassOf, wholeValue } from '@everynode/objects';
import type { NodeRefusal } from '../node/node-admission.js';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { isCriticalPod } from '../pod/critical-pod.js';
import type { PodFailure } from '../pod/pod-failure.js';
import type { EvictionCandidate } from './rank-pods.js';
import { type Observation, type PressureCondition, SIGNAL_FACTS, type StarvedResource } from './signals.js';
import { binaryText, decimalText, type EvictionThreshold, thresholdText } from './thresholds.js';

/** Source: pkg/kubelet/eviction/helpers.go, Reason. */
const EVICTED = 'Evicted';

const MEMORY_PRESSURE_TAINT = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' };

/**
 * Why a node whose resources are short does not admit a pod; undefined when it does. Critical pods come in always, and
 * pods that request something, or tolerate the taint, where only memory is short. Source:
 * pkg/kubelet/eviction/eviction_manager.go, Admit.
 */
export function pressureRefusal(pod: AssignedPod, conditions: readonly PressureCondition[]): NodeRefusal | undefined {
  if (conditions.length === 0 || isCriticalPod(pod)) return undefined;
  if (conditions.length === 1 && conditions[0] === 'MemoryPressure') {
    if (qosClassOf(pod.spec) !== 'BestEffort') return undefined;
    if (pod.spec.tolerations?.some((one) => toleratesTaint(one, MEMORY_PRESSURE_TAINT))) return undefined;
  }
  return { reason: EVICTED, message: `The node had condition: [${conditions.join(' ')}]. ` };
}

/** The failure of a pod that is evicted. Source: pkg/kubelet/eviction/helpers.go, evictionMessage. */
export function evictionOf(
  candidate: EvictionCandidate,
  threshold: EvictionThreshold,
  observed: Observation,
): PodFailure {
  const { resource } = SIGNAL_FACTS[threshold.signal];
  const isBytes = resource === 'memory' || resource === 'ephemeral-storage';
  const available = (isBytes ? binaryText : decimalText)(observed.available);
  const message = [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${thresholdText(threshold, observed)}, available: ${available}. `,
    ...excesses(candidate, resource),
  ].join('');
  return { reason: EVICTED, message, rejected: false, isDisruption: true };
}

/** Which of its containers use more than they request. */
function excesses({ pod, usage }: EvictionCandidate, resource: StarvedResource): string[] {
  if (resource !== 'memory' && resource !== 'ephemeral-storage') return [];
  const specs = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])];
  return (usage?.containers ?? []).flatMap(({ name, memory, storage }) => {
    const spec = specs.find((each) => each.name === name);
    const used = resource === 'memory' ? memory : storage;
    if (!spec || used === undefined) return [];
    const request = spec.resources?.requests?.[resource] ?? '0';
    if (used <= Number(wholeValue(parseQuantity(request)))) return [];
    return `Container ${name} was using ${binaryText(used)}, request is ${request}, has larger consumption of ${resource}. `;
  });
}
