export * from './assessment/assessment.js';
export type { DeleteReason } from './assessment/managed-pods.js';
export * from './assessment/node-fault.js';
export * from './conditions/conditions.js';
export * from './conditions/progress.js';
export { type ChangePreview, describePreview, previewChange } from './explain/change-preview.js';
export { explainDaemonSet } from './explain/explain.js';
export type { ExplainInput, NodeExplanation } from './explain/node-explanation.js';
export * from './limits/create-rate.js';
export * from './limits/policy-annotations.js';
export * from './limits/rollout-limits.js';
export * from './limits/zone-order.js';
export * from './placement/eligibility.js';
export {
  compileNodeDemands,
  compileNodeSelector,
  type NodeDemands,
  pinToNode,
  targetNodeOf,
} from './placement/node-affinity.js';
export * from './placement/node-fit.js';
export * from './placement/pod-demands.js';
export * from './placement/taints.js';
export * from './pods/daemon-pod.js';
export * from './pods/failed-pod-backoff.js';
export { ownerReferenceTo } from './pods/owner-reference.js';
export * from './pods/pod-state.js';
export * from './pods/resource-overrides.js';
export * from './revision.js';
export { decideRollout } from './rollout/rollout-decision.js';
export * from './rollout/rollout-ledger.js';
export * from './rollout/rollout-permission.js';
export * from './rollout/strategy.js';
