import { type Tunnel, TunnelRefusedError } from '@everynode/container-streams';
import type { PodTunnelWanted } from '@everynode/contract';
import { ApiError, type Pod, type Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest, ResponseStream } from '../dispatch/resource-request.js';
import { flowOf } from '../fairness/flow.js';
import { agentOfNode, reachedPod, requireHost } from './pod-to-reach.js';

const RETRY_AFTER_SECONDS = 1;

/** The client of a tunnel. */
type TunnelRequest = Pick<ResourceRequest, 'identity'> & { stream: Pick<ResponseStream, 'connection'> };

/**
 * Opens a tunnel to the agent of the pod's node, which ends with the connection of the client.
 * @throws ApiError, by what the agent refuses or does not answer.
 */
export async function openTunnel(
  context: ApiContext,
  { identity, stream }: TunnelRequest,
  pod: Stored<Pod>,
  to: PodTunnelWanted['to'],
): Promise<Tunnel> {
  const agent = await agentOfNode(context, requireHost(pod));
  const leaving = new AbortController();
  const stop = stream.connection.whenGone(() => leaving.abort());
  const client = { user: flowOf(identity, stream.connection.address), signal: leaving.signal };
  try {
    const tunnel = await context.tunnels.openTo(agent, { pod: reachedPod(pod), to }, client);
    tunnel.result.then(stop, stop);
    return tunnel;
  } catch (error) {
    stop();
    if (!(error instanceof TunnelRefusedError)) throw error;
    const { reason, message } = error.refusal;
    const details = reason === 'TooManyRequests' ? { retryAfterSeconds: RETRY_AFTER_SECONDS } : undefined;
    throw new ApiError(reason, message, details, { cause: error });
  }
}
