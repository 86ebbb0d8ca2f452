// The process that runs a cluster for the bench. The work of the bench does not slow its front door down, and the
// cluster ends when the bench ends, however that happens. The bench calls it over the IPC channel that it was forked
// with.
import { rm } from 'node:fs/promises';
import { serviceEntry } from '@everynode/cli';
import { numberedFleet, Stack } from '@everynode/local-stack';
import type { Answer, Call, ClusterSize, HostedCluster } from './host-protocol.js';

/** After this time the stop is given up: every process of the cluster ends when this one does. */
const STOP_DEADLINE_MS = 45_000;

const [stateDir, request] = process.argv.slice(2);
if (stateDir === undefined || request === undefined || process.send === undefined) {
  throw new Error('this program is started by the bench');
}
const size = JSON.parse(request) as ClusterSize;

const stack = new Stack({
  stateDir,
  entry: serviceEntry,
  port: 0,
  apiReplicas: size.apiReplicas,
  schedulerReplicas: size.schedulerReplicas,
  fleet:
    size.nodes === 0 ? { kind: 'numbered', agents: [] } : numberedFleet(size.nodes, Math.min(size.agents, size.nodes)),
  replaceFleet: true,
  fresh: true,
  env: process.env,
  log: () => undefined,
});

let stopping: Promise<void> | undefined;

function stop(): Promise<void> {
  stopping ??= (async () => {
    const timer = setTimeout(() => {
      stack.kill();
      process.exit(1);
    }, STOP_DEADLINE_MS);
    await stack.stop();
    clearTimeout(timer);
    await rm(stateDir as string, { recursive: true, force: true });
  })();
  return stopping;
}

function endWith(code: number): void {
  stop().then(
    () => process.exit(code),
    () => process.exit(1),
  );
}

function view(): HostedCluster {
  const { kubeconfig, services, agents, servers } = stack.status();
  return { kubeconfig, services, agents, serverVersions: servers, ...stack.servers };
}

async function carryOut(call: Call): Promise<unknown> {
  switch (call.do) {
    case 'view':
      return view();
    case 'stop-service':
      return await stack.stopService(call.name);
    case 'start-service':
      return await stack.startService(call.name);
    case 'add-nodes':
      return await stack.addNodes({ count: call.count });
    case 'agent-credential':
      return await stack.agentCredential(call.agent);
    case 'stop':
      return await stop();
  }
}

const answer = (message: Answer): void => {
  if (process.connected) process.send?.(message);
};
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// The bench is gone, and cannot call `stop` any more.
process.on('disconnect', () => endWith(0));
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => endWith(0));
process.on('message', (call: Call) => {
  carryOut(call).then(
    (result) => answer({ to: call.number, result }),
    (error: unknown) => answer({ to: call.number, error: messageOf(error) }),
  );
});

try {
  await stack.start();
  answer({ to: 0, result: view() });
} catch (error) {
  answer({ to: 0, error: messageOf(error) });
  endWith(1);
}
