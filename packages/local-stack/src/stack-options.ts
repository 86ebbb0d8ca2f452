import type { Fleet } from './services/fleet.js';

export type ServiceName = 'api' | 'scheduler' | 'node-agent';

/** How to start a process. */
export interface Launch {
  env: NodeJS.ProcessEnv;
  /** A command that is started in place of the process and becomes it, such as `ip netns exec NAME`. */
  wrapper?: readonly string[];
}

export type LaunchOf = (name: string, env: NodeJS.ProcessEnv) => Promise<Launch>;

export interface StackOptions {
  /** The stack writes everything here. */
  stateDir: string;
  /** The script of a service, an absolute path. */
  entry: (service: ServiceName) => string;
  /** Of the Kubernetes API on 127.0.0.1; 0 picks a free one. */
  port: number;
  apiReplicas: number;
  schedulerReplicas: number;
  /** The fleet for a state directory that has none; with `replaceFleet` for any. */
  fleet: Fleet;
  replaceFleet: boolean;
  /** Drop state, certificates and logs of earlier runs first. */
  fresh: boolean;
  /** More environment for all services, and `DATABASE_URL`, `NATS_URL` … of servers that the user runs. */
  env: NodeJS.ProcessEnv;
  /**
   * Asked before each start of a process. Tests of faults route each process by a proxy of its own with it, and start
   * agents in a network namespace.
   */
  launchOf?: LaunchOf;
  /** Receives what happens, for a log. */
  log: (message: string) => void;
}
