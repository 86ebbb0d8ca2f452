import type { BusCredential } from '@everynode/bus-credentials';
import type { AgentStatus, ServerStatus, ServiceStatus } from '@everynode/local-stack';

export interface ClusterSize {
  nodes: number;
  agents: number;
  apiReplicas: number;
  schedulerReplicas: number;
}

/** What the bench needs to know of its cluster. It contains passwords and must not be printed. */
export interface HostedCluster {
  kubeconfig: string;
  administratorUrl: string;
  nats: { url: string; credential: BusCredential };
  services: ServiceStatus[];
  agents: AgentStatus[];
  serverVersions: ServerStatus[];
}

export type Call = { number: number } & (
  | { do: 'view' | 'stop' }
  | { do: 'stop-service' | 'start-service'; name: string }
  | { do: 'add-nodes'; count: number }
  | { do: 'agent-credential'; agent: string }
);

/** `to` is the number of the call; 0 stands for the end of the start. */
export type Answer = { to: number; result?: unknown; error?: string };
