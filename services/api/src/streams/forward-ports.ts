import type { Pod, Stored } from '@everynode/objects';
import { admitConnection } from '../admission/subresource-requests.js';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { opensWebSocket } from '../websocket/upgrade-requests.js';
import { openTunnel } from './open-tunnel.js';
import { readPod, requireHost } from './pod-to-reach.js';
import { portsOf } from './port-options.js';
import { serveSpdyPorts } from './spdy-ports.js';
import { upgradeToSpdy } from './spdy-upgrade.js';
import { checkProtocols } from './stream-protocols.js';
import { maxPorts, PORT_PROTOCOLS, serveWebSocketPorts, TUNNELLED, tunnelledSpdy } from './websocket-ports.js';

/** GET and POST of pods/NAME/portforward. Source: pkg/registry/core/pod/rest/subresources.go, PortForwardREST. */
export async function forwardPorts(context: ApiContext, request: ResourceRequest): Promise<undefined> {
  const { query, stream } = request;
  const { connection } = stream;
  await admitConnection(context, request);
  const pod = await readPod(context, request);
  requireHost(pod);
  const webSocket = [TUNNELLED, ...PORT_PROTOCOLS];
  const protocol = checkProtocols(connection, { webSocket, spdy: ['portforward.k8s.io'] });
  const isPlain = opensWebSocket(connection.request) && protocol !== TUNNELLED;
  const ports = isPlain ? portsOf(query, maxPorts(protocol)) : [];
  stream.onStarted();
  await checkPorts(context, request, pod);
  const connect = (port: number) => openTunnel(context, request, pod, { kind: 'port-forward', port });
  if (isPlain) await serveWebSocketPorts(connection, protocol, ports, pod, connect);
  else {
    const duplex = protocol === TUNNELLED ? tunnelledSpdy(connection) : upgradeToSpdy(connection, protocol);
    if (duplex) await serveSpdyPorts(duplex, pod, connect);
  }
  return undefined;
}

/** A pod of which no port can be reached is refused before the client begins to listen. @throws ApiError */
async function checkPorts(context: ApiContext, request: ResourceRequest, pod: Stored<Pod>): Promise<void> {
  (await openTunnel(context, request, pod, { kind: 'port-forward' })).abort('the ports are checked');
}
