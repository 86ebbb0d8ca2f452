import type { Readable, Writable } from 'node:stream';
import { ApiError } from '@everynode/objects';
import type { WebSocket } from 'ws';
import type { ClientConnection } from '../http/client-connection.js';
import { acceptWebSocket, DONE } from '../websocket/accept-websocket.js';
import { choosableProtocols } from '../websocket/websocket-token.js';

/** The longest message of a client, in bytes. */
const MAX_RECEIVED = 1024 * 1024;

/** How often a client of which nothing is read is written to, in ms: else it is not noticed that it is gone. */
const PING_MS = 15_000;

/** RFC 6455, section 7.4.1. */
const FAULT = 1011;

/** An open WebSocket, whose slow reader makes its sender wait. */
export class WebSocketMessages {
  constructor(
    readonly webSocket: WebSocket,
    /** Empty where the client has named none. */
    readonly protocol: string,
  ) {}

  /** Resolves when the socket has taken the message, or is closed. */
  send(message: Buffer | string): Promise<void> {
    return new Promise((resolve) => this.webSocket.send(message, () => resolve()));
  }

  /** Sends all that comes, each piece as a message. @throws the error of the source */
  async sendPieces(source: Readable, encode: (piece: Buffer) => Buffer | string): Promise<void> {
    const stop = (): void => void source.destroy();
    this.webSocket.once('close', stop);
    try {
      for await (const piece of source) {
        if (this.webSocket.readyState !== this.webSocket.OPEN) return;
        await this.send(encode(piece as Buffer));
      }
    } catch (error) {
      if (this.webSocket.readyState === this.webSocket.OPEN) throw error;
    } finally {
      this.webSocket.off('close', stop);
    }
  }

  /** As {@link sendPieces}, and closes the WebSocket, with a reason where the source fails. */
  async sendAll(source: Readable, encode: (piece: Buffer) => Buffer | string): Promise<void> {
    try {
      await this.sendPieces(source, encode);
      this.close();
    } catch (error) {
      this.close(error instanceof Error ? error.message : String(error));
    }
  }

  /** Passes on what was received. While nothing more is taken of it, nothing more is read of the client. */
  pass(bytes: Buffer, to: Writable | undefined): void {
    if (!to || to.writableEnded || to.destroyed || to.write(bytes)) return;
    this.webSocket.pause();
    // Its answer is not read now, but a connection that is gone refuses it.
    const pings = setInterval(() => this.webSocket.ping(), PING_MS);
    const resume = (): void => {
      clearInterval(pings);
      to.off('drain', resume);
      to.off('close', resume);
      this.webSocket.off('close', resume);
      this.webSocket.resume();
    };
    to.once('drain', resume);
    to.once('close', resume);
    this.webSocket.once('close', resume);
  }

  close(fault?: string): void {
    if (fault === undefined) this.webSocket.close(DONE);
    // A reason has at most 123 bytes.
    else this.webSocket.close(FAULT, Buffer.from(fault).subarray(0, 120).toString());
  }
}

/** Makes the message of bytes on a channel: a byte and the bytes, or a digit and the bytes in base64. */
export const messageOn =
  (isBase64: boolean) =>
  (channel: number, bytes: Buffer): Buffer | string =>
    isBase64 ? `${channel}${bytes.toString('base64')}` : Buffer.concat([Buffer.from([channel]), bytes]);

/** The channel is -1 for an empty message. */
export function readMessage(data: Buffer, isBase64: boolean): { channel: number; bytes: Buffer } {
  const body = data.subarray(1);
  if (!isBase64) return { channel: data[0] ?? -1, bytes: body };
  return {
    channel: Number(data.toString('latin1', 0, 1) || -1),
    bytes: Buffer.from(body.toString('latin1'), 'base64'),
  };
}

/** The protocol that is chosen: the client's first one that is served. @throws ApiError BadRequest without one. */
export function chosenProtocol({ request }: ClientConnection, served: readonly string[]): string {
  const offered = choosableProtocols(request);
  const chosen = offered.length === 0 ? '' : offered.find((protocol) => served.includes(protocol));
  if (chosen !== undefined && served.includes(chosen)) return chosen;
  const lists = [offered, served].map((list) => `[${list.join(' ')}]`);
  throw new ApiError('BadRequest', `requested protocol(s) are not supported: ${lists[0]}; supports ${lists[1]}`);
}

/**
 * Opens the WebSocket of a request. Undefined for a handshake that breaks the rules of WebSockets: it is answered.
 * @param protocol that was chosen, see {@link chosenProtocol}.
 */
export function openMessages(connection: ClientConnection, protocol: string): WebSocketMessages | undefined {
  const { request } = connection;
  const webSocket = acceptWebSocket(request, connection.takeOver(), { protocol, maxReceived: MAX_RECEIVED });
  return webSocket && new WebSocketMessages(webSocket, protocol);
}
