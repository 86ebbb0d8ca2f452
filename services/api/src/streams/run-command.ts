import type { PodTunnelWanted } from '@everynode/contract';
import { admitConnection } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { opensWebSocket } from '../websocket/upgrade-requests.js';
import { commandOf, commandStreams } from './command-options.js';
import { openTunnel } from './open-tunnel.js';
import { containerOf, readPod, requireHost } from './pod-to-reach.js';
import { SPDY_COMMAND_PROTOCOLS, serveSpdyCommand } from './spdy-command.js';
import { checkProtocols } from './stream-protocols.js';
import { COMMAND_PROTOCOLS, serveWebSocketCommand } from './websocket-command.js';

/** GET and POST of pods/NAME/exec and pods/NAME/attach. Source: pkg/registry/core/pod/rest/subresources.go. */
export async function runCommand(context: ApiContext, request: ResourceRequest): Promise<undefined> {
  const { query, stream, subresource } = request;
  const { connection } = stream;
  const kind = subresource === 'attach' ? 'attach' : 'exec';
  const streams = commandStreams(query);
  await admitConnection(context, request);
  const pod = await readPod(context, request);
  const container = containerOf(pod, query.text('container'));
  requireHost(pod);
  const protocol = checkProtocols(connection, { webSocket: COMMAND_PROTOCOLS, spdy: SPDY_COMMAND_PROTOCOLS });
  const to: PodTunnelWanted['to'] =
    kind === 'exec' ? { kind, container, ...streams, command: commandOf(query) } : { kind, container, ...streams };
  stream.onStarted();
  const tunnel = await openTunnel(context, request, pod, to);
  try {
    const command = { kind, streams, tunnel } as const;
    if (opensWebSocket(connection.request)) await serveWebSocketCommand(connection, protocol, command);
    else await serveSpdyCommand(connection, protocol, command);
  } finally {
    tunnel.abort('the client is gone');
  }
  return undefined;
}
