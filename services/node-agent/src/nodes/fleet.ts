import type { Bus } from '@everynode/bus';
import type { HostedNode } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { MachineNode } from '../machine/machine-node.js';

/** The nodes of this process, and what they are reported with. */
export interface Fleet {
  agent: string;
  /** Which process of the agent this is; the store hands it out. */
  incarnation: number;
  /** Start of this process, ms since the epoch, for people to read. */
  startedAt: number;
  nodes: readonly HostedNode[];
  /** What changes of the node, where it is this machine. */
  machine?: MachineNode;
  bus: Pick<Bus, 'publish'>;
  log: Logger;
  signal: AbortSignal;
}
