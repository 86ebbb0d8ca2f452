import type { Writable } from 'node:stream';
import { CHANNEL, type Tunnel } from '@everynode/container-streams';
import type { ClientConnection } from '../http/client-connection.js';
import type { CommandStreams } from './command-options.js';
import { exitStatus, streamFailure } from './exit-status.js';
import { messageOn, openMessages, readMessage, type WebSocketMessages } from './websocket-messages.js';

const V5 = 'v5.channel.k8s.io';
const V4 = 'v4.channel.k8s.io';
const V4_BASE64 = 'v4.base64.channel.k8s.io';

/** In the form of v4 the status of the end is JSON; before, it is the text of a failure. */
export const COMMAND_PROTOCOLS = [V5, V4, V4_BASE64, '', 'channel.k8s.io', 'base64.channel.k8s.io'];
const WITH_STATUS = [V5, V4, V4_BASE64];

const ERROR = 3;
/** v5: the other end sends nothing more on the channel that follows. Source: remotecommand StreamClose. */
const CLOSE = 255;

/** A command and the streams that a client has of it. */
export interface ServedCommand {
  kind: 'exec' | 'attach';
  streams: CommandStreams;
  tunnel: Tunnel;
}

/** Serves a command over a WebSocket to its end. Source: apimachinery remotecommand, wsstream. Never rejects. */
export async function serveWebSocketCommand(connection: ClientConnection, command: ServedCommand): Promise<void> {
  const messages = openMessages(connection, COMMAND_PROTOCOLS);
  if (!messages) return;
  const { kind, streams, tunnel } = command;
  const { webSocket, protocol } = messages;
  webSocket.once('close', () => tunnel.abort('the client is gone'));
  const encode = messageOn(protocol.includes('base64'));
  try {
    receive(messages, command);
    // So that the client sees that the connection is there.
    await messages.send(encode(CHANNEL.stdout, Buffer.alloc(0)));
    const outputs = [CHANNEL.stdout, ...(streams.stderr ? [CHANNEL.stderr] : [])].map((channel) =>
      messages.sendPieces(tunnel.readable(channel), (piece) => encode(channel, piece)),
    );
    const status = await Promise.all([tunnel.result, ...outputs]).then(
      ([result]) => exitStatus(kind, result),
      (error: Error) => streamFailure(kind, error.message),
    );
    if (WITH_STATUS.includes(protocol)) await messages.send(encode(ERROR, Buffer.from(JSON.stringify(status))));
    else if (status.status !== 'Success') await messages.send(encode(ERROR, Buffer.from(status.message ?? '')));
  } finally {
    messages.close();
  }
}

/** What the client sends goes to the command. */
function receive(messages: WebSocketMessages, { streams, tunnel }: ServedCommand): void {
  const { webSocket, protocol } = messages;
  const isBase64 = protocol.includes('base64');
  const inputs = new Map<number, Writable>([
    ...(streams.stdin ? [[CHANNEL.stdin, tunnel.writable(CHANNEL.stdin)] as const] : []),
    ...(streams.tty ? [[CHANNEL.resize, tunnel.writable(CHANNEL.resize)] as const] : []),
  ]);
  webSocket.on('message', (data: Buffer) => {
    if (protocol === V5 && data[0] === CLOSE) {
      inputs.get(data[1] ?? CLOSE)?.end();
      return;
    }
    const { channel, bytes } = readMessage(data, isBase64);
    // Sizes are read by line.
    const piece = channel === CHANNEL.resize ? Buffer.concat([bytes, Buffer.from('\n')]) : bytes;
    messages.pass(piece, inputs.get(channel));
  });
}
