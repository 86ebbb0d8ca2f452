import type { KubeletNode } from '@everynode/kubelet';
import type { HostedNode } from './hosted-node.js';
import { nodeAddress, nodeCapacity } from './node-status.js';

const KNOWN = new WeakMap<HostedNode, KubeletNode>();

/** What the rules of a kubelet ask of a hosted node. It is made once for each node. */
export function kubeletNodeOf(hosted: HostedNode): KubeletNode {
  let node = KNOWN.get(hosted);
  if (!node) {
    const { name, labels } = hosted;
    node = { name, labels, allocatable: nodeCapacity(hosted), hostIp: nodeAddress(hosted) };
    KNOWN.set(hosted, node);
  }
  return node;
}
