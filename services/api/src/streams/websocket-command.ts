import type { Writable } from 'node:stream';
import { CHANNEL } from '@everynode/container-streams';
import type { ClientConnection } from '../http/client-connection.js';
import { exitStatus, type ServedCommand } from './exit-status.js';
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

/** Serves a command over a WebSocket to its end. Source: apimachinery remotecommand, wsstream. Never rejects. */
export async function serveWebSocketCommand(
  connection: ClientConnection,
  protocol: string,
  command: ServedCommand,
): Promise<void> {
  const messages = openMessages(connection, protocol);
  if (!messages) return;
  const { streams, tunnel } = command;
  const { webSocket } = messages;
  webSocket.once('close', () => tunnel.abort('the client is gone'));
  const encode = messageOn(protocol.includes('base64'));
  try {
    receive(messages, command);
    // So that the client sees that the connection is there.
    await messages.send(encode(CHANNEL.stdout, Buffer.alloc(0)));
    const outputs = [CHANNEL.stdout, ...(streams.stderr ? [CHANNEL.stderr] : [])].map((channel) =>
      messages.sendPieces(tunnel.readable(channel), (piece) => encode(channel, piece)),
    );
    const status = await exitStatus(command, outputs);
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
