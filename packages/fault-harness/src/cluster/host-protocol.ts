import type { BusCredential } from '@everynode/bus-credentials';
import type { AgentStatus, Launch, ServiceStatus } from '@everynode/local-stack';

export interface ClusterSize {
  nodes: number;
  agents: number;
  apiReplicas: number;
  schedulerReplicas: number;
}

export interface HostRequest extends ClusterSize {
  stateDir: string;
  /** The folder of the state is new; false: go on with what an earlier host has left. */
  fresh: boolean;
  /** Of the front door; 0 picks a free one. */
  port: number;
}

/** The cluster as its supervisor sees it. It contains passwords and must not be printed. */
export interface ClusterView {
  endpoint: string;
  kubeconfig: string;
  databaseUrl: string;
  administratorUrl: string;
  nats: { url: string; credential: BusCredential };
  services: ServiceStatus[];
  agents: AgentStatus[];
}

export interface Call {
  call: number;
  do: 'view' | 'stop';
}

/** From the host: the answer to a call (0: the end of the start), or a question how to start a process. */
export type HostMessage =
  | { to: number; result?: unknown; error?: string }
  | { ask: number; name: string; env: NodeJS.ProcessEnv };

/** To the host: a call, or the answer to its question. */
export type HarnessMessage = Call | { asked: number; launch: Launch };
