import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { CHANNEL, TunnelLostError } from '@everynode/container-streams';
import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import type { Answer } from '../http/answer.js';
import type { ClientConnection } from '../http/client-connection.js';
import { opensWebSocket } from '../websocket/upgrade-requests.js';
import { logOptions } from './log-options.js';
import { openTunnel } from './open-tunnel.js';
import { containerOf, readPod } from './pod-to-reach.js';
import { chosenProtocol, openMessages } from './websocket-messages.js';

const TEXT = 'text/plain';
const PROTOCOLS = ['', 'binary.k8s.io', 'base64.binary.k8s.io'];

/** GET pods/NAME/log. Source: pkg/registry/core/pod/rest/log.go, and LogLocation. */
export async function readLog(context: ApiContext, request: ResourceRequest): Promise<Answer | undefined> {
  const { name, query, stream } = request;
  const options = logOptions(query, name, Date.now());
  const pod = await readPod(context, request);
  const container = containerOf(pod, query.text('container'));
  if (!pod.spec?.nodeName) return { status: 200, payload: '', contentType: TEXT };
  stream.onStarted();
  const tunnel = await openTunnel(context, request, pod, { kind: 'log', container, ...options });
  const text = tunnel.readable(CHANNEL.stdout);
  try {
    await send(text, stream.connection);
  } finally {
    tunnel.abort('the client is gone');
  }
  return undefined;
}

async function send(text: Readable, connection: ClientConnection): Promise<void> {
  if (opensWebSocket(connection.request)) {
    const messages = openMessages(connection, chosenProtocol(connection, PROTOCOLS));
    if (!messages) return;
    const isText = messages.protocol.startsWith('base64');
    await messages.sendAll(text, (chunk) => (isText ? chunk.toString('base64') : chunk));
    return;
  }
  const response = connection.begin({ 'content-type': TEXT });
  // Its 'close' does not come again.
  if (response.destroyed) return;
  const stop = (): void => void text.destroy();
  response.once('close', stop);
  try {
    for await (const piece of text) {
      if (response.destroyed) return;
      if (!response.write(piece)) await drained(response);
    }
    response.end();
  } catch (error) {
    // The client reads why the log ends here, and that the answer is not whole.
    if (error instanceof TunnelLostError) await written(response, `error: ${error.message}\n`);
    response.destroy();
  } finally {
    response.off('close', stop);
  }
}

/** Resolves when the connection has taken the text, or is closed. */
async function written(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => {
    response.once('close', resolve);
    response.write(text, () => resolve());
  });
}

/** Resolves when the response takes more, or is closed. */
async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  settled.abort();
}
