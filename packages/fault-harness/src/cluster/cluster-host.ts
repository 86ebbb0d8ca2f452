// The process that supervises the cluster under test: the local stack as a user runs it. It is a process of its own so
// that a fault can kill it, and so that the clients of the harness do not slow its front door down. The cluster ends
// when the harness ends, however that happens.
import { serviceEntry } from '@everynode/cli';
import { type Launch, numberedFleet, Stack } from '@everynode/local-stack';
import type { Call, ClusterView, HarnessMessage, HostMessage, HostRequest } from './host-protocol.js';

/** After this time the stop is given up: every process of the cluster ends when this one does. */
const STOP_DEADLINE_MS = 45_000;

const argument = process.argv[2];
if (argument === undefined || process.send === undefined) throw new Error('this program is started by the harness');
const request = JSON.parse(argument) as HostRequest;

const send = (message: HostMessage): void => {
  if (process.connected) process.send?.(message);
};
const asked = new Map<number, (launch: Launch) => void>();
let questions = 0;

const stack = new Stack({
  stateDir: request.stateDir,
  entry: serviceEntry,
  port: request.port,
  apiReplicas: request.apiReplicas,
  schedulerReplicas: request.schedulerReplicas,
  fleet: numberedFleet(request.nodes, request.agents),
  replaceFleet: request.fresh,
  // The folder is new, and parts of it may be mounted.
  fresh: false,
  env: process.env,
  launchOf: (name, env) =>
    new Promise((resolve) => {
      questions += 1;
      asked.set(questions, resolve);
      send({ ask: questions, name, env });
    }),
  log: (message) => process.stdout.write(`${new Date().toISOString()} ${message}\n`),
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
  })();
  return stopping;
}

function endWith(code: number): void {
  stop().then(
    () => process.exit(code),
    () => process.exit(1),
  );
}

function view(): ClusterView {
  const { endpoint, kubeconfig, services, agents } = stack.status();
  return { endpoint, kubeconfig, services, agents, ...stack.servers };
}

async function carryOut(call: Call): Promise<unknown> {
  switch (call.do) {
    case 'view':
      return view();
    case 'stop':
      return await stop();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

// The harness is gone, and cannot call `stop` any more.
process.on('disconnect', () => endWith(0));
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => endWith(0));
process.on('message', (message: HarnessMessage) => {
  if ('asked' in message) {
    asked.get(message.asked)?.(message.launch);
    asked.delete(message.asked);
    return;
  }
  carryOut(message).then(
    (result) => send({ to: message.call, result }),
    (error: unknown) => send({ to: message.call, error: messageOf(error) }),
  );
});

try {
  await stack.start();
  send({ to: 0, result: view() });
} catch (error) {
  send({ to: 0, error: messageOf(error) });
  endWith(1);
}
