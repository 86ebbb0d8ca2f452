import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceEntry } from '@everynode/cli';
import { Stack } from '@everynode/local-stack';

export interface LocalApi {
  kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * An Everynode for one replay, without nodes, away from that of the checkout. Without controllers the API is alone, as
 * a kube-apiserver that runs alone: nothing happens but what requests do. It ends with this process, however that ends.
 */
export async function startLocalApi(controllers: boolean): Promise<LocalApi> {
  const stateDir = await mkdtemp(join(tmpdir(), 'everynode-transcripts-'));
  const stack = new Stack({
    stateDir,
    entry: serviceEntry,
    port: 0,
    apiReplicas: 1,
    schedulerReplicas: controllers ? 1 : 0,
    fleet: { kind: 'numbered', agents: [] },
    replaceFleet: true,
    fresh: true,
    env: { ...process.env, EVERYNODE_LOG_LEVEL: 'warn' },
    log: () => undefined,
  });
  const stop = async (): Promise<void> => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
  try {
    await stack.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { kubeconfig: stack.paths.kubeconfig, stop };
}
