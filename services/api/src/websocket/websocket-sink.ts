import type { Duplex } from 'node:stream';
import { ApiError } from '@everynode/objects';
import type { FastifyReply } from 'fastify';
import { WebSocket } from 'ws';
import type { WatchSink } from '../watch/watch-sink.js';
import { acceptWebSocket, DONE } from './accept-websocket.js';
import { type UpgradeRequest, upgradeOf } from './upgrade-requests.js';
import { choosableProtocols } from './websocket-token.js';

/** What the client of a watch sends is read and dropped; a message above this closes the connection, in bytes. */
const MAX_RECEIVED = 16 * 1024;

/**
 * A watch over a WebSocket: each event is a message of its own, of text for JSON and of bytes for protobuf.
 * Source: apiserver pkg/endpoints/handlers/watch.go, HandleWS.
 */
export class WebSocketSink implements WatchSink {
  readonly #reply: FastifyReply;
  readonly #onBegin: () => void;
  readonly #upgrade: UpgradeRequest;
  #webSocket: WebSocket | undefined;
  #isBinary = false;
  #isEnded = false;

  /** `onBegin` is called when the WebSocket is open. @throws ApiError BadRequest for a request that opens none. */
  constructor(reply: FastifyReply, onBegin: () => void) {
    const upgrade = upgradeOf(reply.request.raw);
    if (!upgrade) throw new ApiError('BadRequest', 'the request does not open a WebSocket');
    this.#upgrade = upgrade;
    this.#reply = reply;
    this.#onBegin = onBegin;
  }

  begin(_status: number, headers: Record<string, string>): void {
    const { raw } = this.#reply.request;
    this.#isBinary = !headers['content-type']?.startsWith('application/json');
    this.#reply.hijack();
    const [protocol = ''] = choosableProtocols(raw);
    this.#webSocket = acceptWebSocket(raw, this.#upgrade, { protocol, maxReceived: MAX_RECEIVED });
    if (!this.#webSocket) return;
    // No answer by HTTP is written; the audit log reads the code of the handshake here.
    this.#reply.raw.statusCode = 101;
    this.#onBegin();
  }

  write(chunk: string | Buffer): void {
    if (this.#isBinary) for (const message of framesOf(Buffer.from(chunk))) this.#webSocket?.send(message);
    else for (const line of chunk.toString().split('\n')) if (line !== '') this.#webSocket?.send(line);
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#webSocket?.close(DONE);
  }

  destroy(): void {
    this.#isEnded = true;
    this.#webSocket?.terminate();
  }

  get isOver(): boolean {
    return this.#isEnded || this.#webSocket?.readyState !== WebSocket.OPEN || this.#socket.destroyed;
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  onDrain(listener: () => void): () => void {
    return this.#once('drain', listener);
  }

  onClose(listener: () => void): () => void {
    return this.#once('close', listener);
  }

  get #socket(): Duplex {
    return this.#upgrade.socket;
  }

  #once(event: 'drain' | 'close', listener: () => void): () => void {
    this.#socket.once(event, listener);
    return () => this.#socket.off(event, listener);
  }
}

/** The events of a protobuf stream, without the four bytes of length before each. */
function* framesOf(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    yield bytes.subarray(at + 4, end);
    at = end;
  }
}
