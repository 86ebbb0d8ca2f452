import type { ServerHealth } from './process/kept-server.js';
import type { Fleet } from './services/fleet.js';
import type { ServiceStatus } from './services/service-process.js';

/** The steps of a start, in order. A stack stays at `running` until it stops. */
export const PHASES = ['servers', 'control-plane', 'agents', 'running', 'stopping'] as const;
export type Phase = (typeof PHASES)[number];

export interface ServerStatus {
  name: string;
  /** For a reader: version and address, or that the server is the user's own. */
  description: string;
  /** `silent`: it does not answer, and is killed and started again after 10 s. The user's own is not watched. */
  state: ServerHealth['state'] | 'starting' | 'not watched';
  /** Since when, as an RFC 3339 time. */
  since: string | null;
  restarts: number;
  lastExit: { how: string; at: string } | null;
}

export interface AgentStatus extends ServiceStatus {
  nodes: number;
}

export interface FleetStatus {
  kind: Fleet['kind'];
  nodes: number;
}

export interface StackStatus {
  phase: Phase;
  /** What is being done right now, in a few words. */
  detail: string;
  pid: number;
  /** Of the Kubernetes API. */
  endpoint: string;
  kubeconfig: string;
  /** True where every known client may do everything. */
  allowsAll: boolean;
  fleet: FleetStatus;
  servers: ServerStatus[];
  services: ServiceStatus[];
  agents: AgentStatus[];
}
