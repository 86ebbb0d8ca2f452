import type { ServiceStatus } from './services/service-process.js';

/** What a start goes through, in order; then it stays at `running` until it stops. */
export const PHASES = ['servers', 'control-plane', 'agents', 'running', 'stopping'] as const;
export type Phase = (typeof PHASES)[number];

export interface ServerStatus {
  name: string;
  /** For a person: a version, an address, who runs it. */
  description: string;
  restarts: number;
}

export interface AgentStatus extends ServiceStatus {
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
  fleet: { kind: 'demo' | 'numbered'; nodes: number };
  servers: ServerStatus[];
  services: ServiceStatus[];
  agents: AgentStatus[];
}
