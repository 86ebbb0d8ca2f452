import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Bus } from '@everynode/bus';
import { AgentTunnels, type ContainerStreams, type PaceLimits } from '@everynode/container-streams';
import { inboxPrefix } from '@everynode/contract';
import { writeKubeconfig } from '@everynode/local-stack';
import { testLog } from '@everynode/test-kit';
import type { Backends, RunningApi } from './running-api.js';

/** An agent that only serves streams, with the credential of an agent. */
export interface StreamingAgent {
  tunnels: AgentTunnels;
  /** Breaks its connections. */
  stop(): Promise<void>;
}

export async function startStreamingAgent(
  { nats }: Backends,
  agent: string,
  streams: ContainerStreams,
  rates?: PaceLimits,
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
  const tunnels = new AgentTunnels({
    agent,
    bus,
    connect,
    streams,
    log,
    isSuperseded: () => false,
    ...(rates && { rates }),
  });
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

/** A kubeconfig of the administrator, in a folder of its own. */
export async function kubeconfigFor({ server }: RunningApi): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'everynode-kubeconfig-'));
  const path = join(folder, 'kubeconfig');
  await writeKubeconfig(path, server.url, server.ca, { certificate: server.cert, key: server.key });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}
