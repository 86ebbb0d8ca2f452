import { withConditionTaints } from '@everynode/daemonset';
import { conditionOf, type NodeSpec, type NodeStatus, timestamp } from '@everynode/objects';
import type { Current, Decision } from '@everynode/store';
import type { LivenessState } from './liveness.js';
import { withLiveness } from './node-conditions.js';

/** How a node changes: the parts that do, and whether its readiness does. */
export interface NodeVerdict {
  spec?: NodeSpec;
  status?: NodeStatus;
  /** Set when the node stops being ready, or becomes ready again. */
  turned?: 'NodeNotReady' | 'NodeReady';
}

/** Derives conditions from liveness, and taints from conditions. `now` is ms since the epoch. */
export function judgeNode(spec: NodeSpec, status: NodeStatus, liveness: LivenessState, now: number): NodeVerdict {
  const at = timestamp(now);
  const nextStatus = withLiveness(status, liveness, at);
  const taints = withConditionTaints(spec, nextStatus, at);
  const verdict: NodeVerdict = {};
  if (nextStatus !== status) {
    verdict.status = nextStatus;
    const before = conditionOf(status, 'Ready')?.status;
    const after = conditionOf(nextStatus, 'Ready')?.status;
    if (before === 'True' && after !== 'True') verdict.turned = 'NodeNotReady';
    else if (before === 'Unknown' && after === 'True') verdict.turned = 'NodeReady';
  }
  if (taints) {
    const { taints: _before, ...rest } = spec;
    verdict.spec = taints.length > 0 ? { ...rest, taints } : rest;
  }
  return verdict;
}

/** Applies {@link judgeNode} to the stored node. `onVerdict` receives what was decided. */
export function decideNode(
  current: Current<'all'> | undefined,
  uid: string,
  liveness: LivenessState,
  now: number,
  onVerdict: (verdict: NodeVerdict) => void,
): Decision {
  if (current?.uid !== uid) return { kind: 'keep' };
  const desired = JSON.parse(current.desired) as { spec?: NodeSpec };
  const verdict = judgeNode(desired.spec ?? {}, JSON.parse(current.observed ?? '{}') as NodeStatus, liveness, now);
  onVerdict(verdict);
  if (!verdict.spec && !verdict.status) return { kind: 'keep' };
  return {
    kind: 'update',
    parts: {
      ...(verdict.spec && { desired: JSON.stringify({ ...desired, spec: verdict.spec }) }),
      ...(verdict.status && { observed: JSON.stringify(verdict.status) }),
    },
  };
}
