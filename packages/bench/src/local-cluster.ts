import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@everynode/local-stack';
import { execa } from 'execa';

const CLI = fileURLToPath(new URL('../../cli/dist/main.js', import.meta.url));

export interface LocalCluster {
  kubeconfig: string;
  /** The process that all others descend from. */
  supervisor: number;
  /** From the command to its prompt, in ms: start of all processes and registration of all nodes. */
  startMs: number;
  stop(): Promise<void>;
}

export interface ClusterSize {
  nodes: number;
  agents: number;
  apiReplicas: number;
  schedulerReplicas: number;
}

/** A fresh cluster in processes of its own, away from the one of the checkout. */
export async function startCluster({
  nodes,
  agents,
  apiReplicas,
  schedulerReplicas,
}: ClusterSize): Promise<LocalCluster> {
  const state = await mkdtemp(join(tmpdir(), 'everynode-bench-'));
  const run = (...args: string[]) =>
    execa(process.execPath, [CLI, ...args], { env: { EVERYNODE_STATE_DIR: state, EVERYNODE_LOG_LEVEL: 'warn' } });
  const stop = async (): Promise<void> => {
    await run('stop');
    await rm(state, { recursive: true, force: true });
  };
  const began = performance.now();
  try {
    const replicas = ['--api-replicas', String(apiReplicas), '--scheduler-replicas', String(schedulerReplicas)];
    const size = ['--nodes', String(nodes), '--agents', String(agents)];
    await run('start', '--detach', '--fresh', '--port', String(await freePort()), ...size, ...replicas);
    const startMs = performance.now() - began;
    const { stdout } = await run('status', '--json');
    const { pid, kubeconfig } = JSON.parse(stdout) as { pid: number; kubeconfig: string };
    return { kubeconfig, supervisor: pid, startMs, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
