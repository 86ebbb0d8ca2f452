import { conditionOf, isConditionTrue, type PodCondition, type PodSpec, type PodStatus } from '@everynode/objects';

/** The reason of a Ready condition that is False because of the node and not of the pod. It allows to undo that. */
const REASON = 'NodeNotReady';
const MESSAGE = 'Node is not ready';

/**
 * Returns the status of a pod by the readiness of its node; undefined when it need not change. A ready pod on a node
 * that is not ready is set to not ready, though it may still run. When the node is ready again, the pod is too if its
 * containers and its readiness gates are.
 *
 * Source: pkg/controller/util/node, MarkPodsNotReady; on the way back what kubelet's GeneratePodReadyCondition does.
 */
export function withNodeReadiness(
  status: PodStatus,
  gates: PodSpec['readinessGates'],
  isNodeReady: boolean,
  at: string,
): PodStatus | undefined {
  const ready = conditionOf(status, 'Ready');
  if (!ready) return undefined;
  if (!isNodeReady) {
    if (ready.status !== 'True') return undefined;
    return replaceReady(status, {
      ...ready,
      status: 'False',
      reason: REASON,
      message: MESSAGE,
      lastTransitionTime: at,
    });
  }
  if (ready.status === 'True' || ready.reason !== REASON) return undefined;
  if (!isConditionTrue(status, 'ContainersReady')) return undefined;
  if (gates?.some(({ conditionType }) => !isConditionTrue(status, conditionType))) return undefined;
  const { reason: _reason, message: _message, ...rest } = ready;
  return replaceReady(status, { ...rest, status: 'True', lastTransitionTime: at });
}

function replaceReady(status: PodStatus, ready: PodCondition): PodStatus {
  return { ...status, conditions: status.conditions?.map((known) => (known.type === 'Ready' ? ready : known)) ?? [] };
}
