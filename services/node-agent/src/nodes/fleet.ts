import type { Bus } from '@everynode/bus';
import type { Logger } from '@everynode/service-shell';
import type { HostedNode } from './hosted-nodes.js';

/** The nodes of this process, and what they are reported with. */
export interface Fleet {
  agent: string;
  /** Start of this process, ms since the epoch. */
  incarnation: number;
  nodes: readonly HostedNode[];
  bus: Pick<Bus, 'publish'>;
  log: Logger;
  signal: AbortSignal;
}
