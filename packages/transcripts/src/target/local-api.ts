import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serviceEntry } from '@everynode/cli';
import { Stack } from '@everynode/local-stack';

interface LocalApi {
  kubeconfig: string;
  stop(): Promise<void>;
}

/**
 * Starts an Everynode for one replay, without nodes and apart from that of the checkout. Without controllers only
 * requests change anything, as with a kube-apiserver that runs on its own. It ends with this process, however that
 * ends.
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
