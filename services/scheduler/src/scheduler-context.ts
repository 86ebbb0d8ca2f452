import type { Bus } from '@everynode/bus';
import type { Reflector } from '@everynode/list-watch';
import type { PodSecurityExemptions } from '@everynode/pod-admission';
import type { Logger } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import type { OwnedChanges } from './controllers/workloads/owned-changes.js';
import type { CustomKinds } from './custom-kinds.js';
import type { EventRecorder } from './events/event-recorder.js';
import type { AgentLimits } from './ingest/agent-limits.js';
import type { NodeCapacity } from './placement/node-capacity.js';
import type { ShardOwnership } from './shard/shards.js';

/** What every controller is constructed from. */
export interface SchedulerContext {
  store: Store;
  bus: Bus;
  reflector: Reflector;
  kinds: CustomKinds;
  shards: ShardOwnership;
  capacity: NodeCapacity;
  /** Queues the owners of what changes. */
  owned: OwnedChanges;
  recorder: EventRecorder;
  /** What each agent may send. */
  limits: AgentLimits;
  podSecurityExemptions: PodSecurityExemptions;
  log: Logger;
  signal: AbortSignal;
}

/**
 * A controller. It is constructed before the caches are listed, so that it receives every change, and closed after the
 * signal has aborted.
 */
export interface Controller {
  readonly name: string;
  close(): Promise<void>;
}
