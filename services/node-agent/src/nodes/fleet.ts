import type { Bus } from '@everynode/bus';
import type { HostedNode } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';

/** The nodes of this process, and what they are reported with. */
export interface Fleet {
  agent: string;
  /** Which process of the agent this is; the store hands it out. */
  incarnation: number;
  /** Start of this process, ms since the epoch, for people to read. */
  startedAt: number;
  nodes: readonly HostedNode[];
  bus: Pick<Bus, 'publish'>;
  log: Logger;
  signal: AbortSignal;
}
