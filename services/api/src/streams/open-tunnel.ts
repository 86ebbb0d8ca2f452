import { type Tunnel, TunnelRefusedError } from '@everynode/container-streams';
import type { TunnelWanted } from '@everynode/contract';
import { ApiError, type Pod, type Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { agentOfNode, reachedPod, requireHost } from './pod-to-reach.js';

/** Opens a tunnel to the agent of the pod's node. @throws ApiError, by what the agent refuses or does not answer. */
export async function openTunnel(context: ApiContext, pod: Stored<Pod>, to: TunnelWanted['to']): Promise<Tunnel> {
  const agent = await agentOfNode(context, requireHost(pod));
  try {
    return await context.tunnels.openTo(agent, { pod: reachedPod(pod), to });
  } catch (error) {
    if (!(error instanceof TunnelRefusedError)) throw error;
    const { reason, message } = error.refusal;
    throw new ApiError(reason, message, undefined, { cause: error });
  }
}
