import {
  ControlClient,
  type Fleet,
  PHASES,
  type Phase,
  type StackStatus,
  type StatePaths,
  waitUntil,
} from '@everynode/local-stack';
import { Listr, type ListrTask } from 'listr2';
import { ApiClient } from './api-client.js';
import { createDemoObjects } from './demo-objects.js';
import { moveToFleet } from './move-nodes.js';
import { progressBar } from './progress-bar.js';

/** The supervisor reports services that do not start earlier; this is for a supervisor that hangs. */
const PHASE_DEADLINE_MS = 300_000;
const NODES_DEADLINE_MS = 300_000;

/** The status of the supervisor with this pid, or undefined while it is not reachable. */
async function statusOf(control: ControlClient, pid: number): Promise<StackStatus | undefined> {
  const status = await control.status().catch(() => undefined);
  return status?.pid === pid ? status : undefined;
}

/** Whether the start is past a phase. A supervisor that stops is past none, whether it failed or was asked to stop. */
function past(phase: Phase, status: StackStatus): boolean {
  return status.phase !== 'stopping' && PHASES.indexOf(status.phase) > PHASES.indexOf(phase);
}

export interface ReadinessOptions {
  /** Is it enough? */
  enough: (ready: ReadonlySet<string>) => boolean;
  deadlineMs?: number;
  onCount?: (ready: number) => void;
  signal?: AbortSignal;
}

/** Lists the nodes until enough are Ready; less often where a list is slow. Returns how many are. */
export async function untilNodesReady(api: ApiClient, options: ReadinessOptions): Promise<number> {
  let found = 0;
  let nextListAt = 0;
  return waitUntil(
    async () => {
      const began = performance.now();
      if (began < nextListAt) return undefined;
      const ready = await api.readyNodes().catch(() => undefined);
      nextListAt = performance.now() + Math.max(150, 4 * (performance.now() - began));
      if (ready === undefined) return undefined;
      found = ready.size;
      options.onCount?.(found);
      return options.enough(ready) ? found : undefined;
    },
    {
      what: `the nodes to be Ready (${found} are)`,
      deadlineMs: options.deadlineMs ?? NODES_DEADLINE_MS,
      everyMs: 50,
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
}

interface Context {
  status: StackStatus;
}

/** What is done for a cluster once it runs. */
export interface AfterStart {
  /** Create the objects of the demo. */
  demoObjects: boolean;
  /** The fleet that takes the place of another one: its agents get the nodes that it gives them. */
  newFleet: Fleet | undefined;
}

/**
 * Shows a start as it goes on, on a terminal and in a log file alike, and resolves when the cluster can be used.
 * The caller notices a failure of the supervisor itself.
 * @throws Error when a step exceeds its deadline.
 */
export async function showStart(
  paths: StatePaths,
  pid: number,
  { demoObjects, newFleet }: AfterStart,
  signal: AbortSignal,
): Promise<StackStatus> {
  const control = new ControlClient(paths.run);
  const untilPast = (
    phase: Phase,
    what: string,
    titleOf: (status: StackStatus) => string = () => what,
  ): ListrTask<Context>['task'] => {
    return async (context, task) => {
      context.status = await waitUntil(
        async () => {
          const status = await statusOf(control, pid);
          return status !== undefined && past(phase, status) ? status : undefined;
        },
        { what, deadlineMs: PHASE_DEADLINE_MS, everyMs: 50, signal },
      );
      task.title = titleOf(context.status);
    };
  };
  const count = (status: StackStatus, name: string) =>
    status.services.filter((service) => service.name.startsWith(`${name}-`)).length;

  const tasks = new Listr<Context>(
    [
      {
        title: 'PostgreSQL and NATS',
        task: untilPast('servers', 'PostgreSQL and NATS'),
      },
      {
        title: 'Control plane',
        task: untilPast(
          'control-plane',
          'Control plane',
          (status) => `Control plane: ${count(status, 'api')} api, ${count(status, 'scheduler')} scheduler`,
        ),
      },
      {
        title: 'Agents',
        task: untilPast('agents', 'Agents'),
      },
      {
        title: 'Nodes',
        task: async ({ status }, task) => {
          const wanted = status.fleet.nodes;
          const api = await ApiClient.open(status.endpoint, paths);
          try {
            if (newFleet) await moveToFleet(api, newFleet);
            await untilNodesReady(api, {
              enough: (ready) => ready.size >= wanted,
              signal,
              // A log file would get a line for each.
              onCount: (ready) => {
                if (process.stdout.isTTY) task.title = `Nodes ${progressBar(ready, wanted)} Ready`;
              },
            });
          } finally {
            api.close();
          }
          task.title = `Nodes: ${wanted} Ready`;
        },
      },
      {
        title: 'DaemonSets calico-node and kube-proxy',
        enabled: demoObjects,
        task: async ({ status }) => {
          const api = await ApiClient.open(status.endpoint, paths);
          try {
            await createDemoObjects(api, paths);
          } finally {
            api.close();
          }
        },
      },
    ],
    { registerSignalListeners: false, renderer: 'default', fallbackRenderer: 'simple', concurrent: false },
  );
  const { status } = await tasks.run();
  return status;
}
