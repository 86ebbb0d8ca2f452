import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '@everynode/bus';
import { AgentTunnels, type ContainerStreams, type LogLine } from '@everynode/container-streams';
import { inboxPrefix } from '@everynode/contract';
import { writeKubeconfig } from '@everynode/local-stack';
import { testLog } from '@everynode/test-kit';
import { MachineStreams } from './machine-streams.js';
import { type Backends, type RunningApi, startBackends, startReplica } from './running-api.js';

/** An agent that only serves streams, with the credential of an agent. */
interface StreamingAgent {
  tunnels: AgentTunnels;
  /** Breaks its connections. */
  stop(): Promise<void>;
}

async function startStreamingAgent(
  { nats }: Backends,
  agent: string,
  streams: ContainerStreams,
): Promise<StreamingAgent> {
  const credential = await nats.addAgent(agent);
  const log = testLog();
  const stopping = new AbortController();
  const connect = () =>
    Bus.connect({
      url: nats.url,
      credential,
      name: agent,
      inboxPrefix: inboxPrefix(agent),
      log,
      signal: stopping.signal,
    });
  const bus = connect();
  const tunnels = new AgentTunnels({ agent, bus, connect, streams, nodes: [], log, isSuperseded: () => false });
  tunnels.start();
  return {
    tunnels,
    stop: async () => {
      await tunnels.close();
      stopping.abort();
      await bus.close();
    },
  };
}

/** Makes a node that the agent hosts, and pods on it. */
export async function createPods(api: RunningApi, agent: string, pods: readonly string[]): Promise<void> {
  const metadata = { name: `node-of-${agent}`, annotations: { 'everynode.io/agent': agent } };
  await api.request('POST', '/api/v1/nodes', { body: { metadata } });
  for (const name of pods) {
    const spec = { nodeName: metadata.name, containers: [{ name: 'c', image: 'i:1' }] };
    const made = await api.request('POST', '/api/v1/namespaces/default/pods', { body: { metadata: { name }, spec } });
    if (made.status !== 201) throw new Error(made.text);
    const status = { ...made.json.status, phase: 'Running' };
    await api.request('PUT', `/api/v1/namespaces/default/pods/${name}/status`, { body: { ...made.json, status } });
  }
}

/** A replica, and an agent with the pod `p`, whose containers are this machine. */
interface StreamedPod {
  api: RunningApi;
  agent: StreamingAgent;
  streams: MachineStreams;
  /** Of the administrator. */
  kubeconfig: string;
  /** For what else a test writes. */
  folder: string;
  /** A port of the pod that sends back what it receives. */
  echoPort: number;
  stop(): Promise<void>;
}

/** @param lines the log of the pod's containers. */
export async function startStreamedPod(
  lines: readonly LogLine[],
  settings: { usageKeepMs?: number } = {},
): Promise<StreamedPod> {
  const backends = await startBackends();
  const api = await startReplica(backends, { authorizationMode: 'AlwaysAllow', ...settings });
  for (const path of ['/api/v1/namespaces', '/api/v1/namespaces/default/serviceaccounts']) {
    await api.request('POST', path, { body: { metadata: { name: 'default' } } });
  }
  const streams = new MachineStreams();
  streams.lines.push(...lines);
  const agent = await startStreamingAgent(backends, 'agent-1', streams);
  await createPods(api, 'agent-1', ['p']);
  const folder = await mkdtemp(join(tmpdir(), 'everynode-streams-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const { url, ca, cert, key } = api.server;
  await writeKubeconfig(kubeconfig, url, ca, { certificate: cert, key });
  const echo = createServer({ allowHalfOpen: true }, (socket) =>
    socket.pipe(socket).on('error', () => socket.destroy()),
  );
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  return {
    api,
    agent,
    streams,
    kubeconfig,
    folder,
    echoPort: (echo.address() as AddressInfo).port,
    stop: async () => {
      echo.close();
      await agent.stop();
      await api.close();
      await backends.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
