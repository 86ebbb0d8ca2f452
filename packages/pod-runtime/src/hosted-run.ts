import { type AssignedPod, type ContainerRun, type KubeletNode, type Moment, PodRun } from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';
import type { HostedNode } from './node/hosted-node.js';
import { LoopedPod } from './pod-loop.js';
import type { PodState } from './pod-state.js';

/** Where a pod runs: the node as it is hosted here, and as the rules know it. */
export interface Placement {
  hosted: HostedNode;
  node: KubeletNode;
}

/** A pod in the hands of a runtime: what every runtime keeps of one. */
export class HostedRun extends PodRun {
  readonly hosted: HostedNode;
  readonly loop = new LoopedPod();
  /** What is shown of it to people; see pod-state.ts. */
  state: PodState = 'creating';
  /** What it needs and is not there, by the last answer. */
  missing: readonly NeededObject[] = [];

  constructor(pod: AssignedPod, { hosted, node }: Placement, containers: ContainerRun[], now: Moment) {
    super(pod, node, containers, now);
    this.hosted = hosted;
  }
}
