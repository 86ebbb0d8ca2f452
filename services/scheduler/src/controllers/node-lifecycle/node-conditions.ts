import { conditionOf, type NodeCondition, type NodeStatus } from '@everynode/objects';
import type { LivenessState } from './liveness.js';

interface Healthy {
  status: 'True' | 'False';
  reason: string;
  message: string;
}

/** The conditions that a kubelet reports, in its words for a healthy node (pkg/kubelet/nodestatus/setters.go). */
const KUBELET_CONDITIONS: Record<string, Healthy> = {
  MemoryPressure: {
    status: 'False',
    reason: 'KubeletHasSufficientMemory',
    message: 'kubelet has sufficient memory available',
  },
  DiskPressure: { status: 'False', reason: 'KubeletHasNoDiskPressure', message: 'kubelet has no disk pressure' },
  PIDPressure: {
    status: 'False',
    reason: 'KubeletHasSufficientPID',
    message: 'kubelet has sufficient PID available',
  },
  Ready: { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' },
};

const STOPPED = { reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.' };
const NEVER = { reason: 'NodeStatusNeverUpdated', message: 'Kubelet never posted node status.' };

/** True when this controller has set the condition because reports were missing. */
function isOurs(condition: NodeCondition | undefined): boolean {
  return condition?.reason === STOPPED.reason || condition?.reason === NEVER.reason;
}

/**
 * Returns the status of a node by its liveness; the same object when nothing changes. A lost node's conditions become
 * Unknown. When it is alive again, those conditions are set to a healthy kubelet's: its agent sends the true ones when
 * it registers again, and a heartbeat only means that nothing has changed.
 *
 * `at` is RFC 3339. Source: pkg/controller/nodelifecycle, tryUpdateNodeHealth.
 */
export function withLiveness(status: NodeStatus, liveness: LivenessState, at: string): NodeStatus {
  if (liveness === 'unknown') return status;
  const known = status.conditions ?? [];
  const kept = known.map((condition) => {
    const healthy = KUBELET_CONDITIONS[condition.type];
    if (!healthy) return condition;
    if (liveness === 'lost') return condition.status === 'Unknown' ? condition : asUnknown(condition, at);
    return isOurs(condition) ? { ...condition, ...healthy, lastHeartbeatTime: at, lastTransitionTime: at } : condition;
  });
  const missing =
    liveness === 'lost'
      ? Object.keys(KUBELET_CONDITIONS).filter((type) => !known.some((condition) => condition.type === type))
      : [];
  const added = missing.map((type): NodeCondition => ({ type, status: 'Unknown', ...NEVER, lastTransitionTime: at }));
  const isSame = added.length === 0 && kept.every((condition, i) => condition === known[i]);
  return isSame ? status : { ...status, conditions: [...kept, ...added] };
}

function asUnknown(condition: NodeCondition, at: string): NodeCondition {
  return { ...condition, status: 'Unknown', ...STOPPED, lastTransitionTime: at };
}

/**
 * True when an agent that registered anew, or a kubelet that posts status through the api, has reported the node since
 * `previous`. What this controller writes itself is no sign of life.
 */
export function isSignOfLife(previous: NodeStatus | undefined, current: NodeStatus): boolean {
  const ready = conditionOf(current, 'Ready');
  if (!ready || isOurs(ready)) return false;
  const before = previous && conditionOf(previous, 'Ready');
  return !before || isOurs(before) || before.lastHeartbeatTime !== ready.lastHeartbeatTime;
}
