import { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { EmptyHeaderWriter, HeaderReader, SpdyError, type SpdyHeaders } from './header-blocks.js';
import { controlFrame, dataFrame, FIN, FrameParser, SPDY, type SpdyFrame } from './spdy-frames.js';

/** What waits for the readers of all streams before nothing more is read of the connection, in bytes. */
const MAX_WAITING = 512 * 1024;
/** What a piece costs beside its bytes. */
const PIECE = 128;
const MAX_STREAMS = 1024;
/** How often a connection of which nothing is read is written to, in ms: else it is not noticed that it is gone. */
const PING_MS = 15_000;
const PROTOCOL_ERROR = 1;
const CANCEL = 5;
const EMPTY = Buffer.alloc(0);

/** What waits in all streams of a connection. */
class WaitingBytes {
  #bytes = 0;
  #onRoom: (() => void) | undefined;

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_WAITING) return;
    this.#onRoom?.();
    this.#onRoom = undefined;
  }

  /** Undefined where there is room for more. */
  room(): Promise<void> | undefined {
    if (this.#bytes <= MAX_WAITING) return undefined;
    return new Promise((resolve) => {
      this.#onRoom = resolve;
    });
  }
}

/** A stream that the client has opened. */
export class SpdyStream extends Duplex {
  #waiting: Buffer[] = [];
  /** What {@link WaitingBytes} has of it. */
  #counted = 0;
  #isWanted = false;
  #isEnded = false;

  constructor(
    readonly id: number,
    readonly headers: SpdyHeaders,
    private readonly send: (frame: Buffer) => Promise<void>,
    private readonly count: (bytes: number) => void,
  ) {
    super({ allowHalfOpen: true });
    this.on('error', () => undefined);
  }

  receive(body: Buffer): void {
    if (this.destroyed || this.#isEnded) return;
    this.#waiting.push(body);
    this.#count(body.length + PIECE);
    this.#flush();
  }

  /** The client sends nothing more. */
  receiveEnd(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#waiting.push(EMPTY);
    this.#flush();
  }

  #count(bytes: number): void {
    this.#counted += bytes;
    this.count(bytes);
  }

  override _read(): void {
    this.#isWanted = true;
    this.#flush();
  }

  #flush(): void {
    while (this.#isWanted && !this.destroyed) {
      const chunk = this.#waiting.shift();
      if (!chunk) break;
      if (chunk.length > 0) this.#count(-chunk.length - PIECE);
      this.#isWanted = this.push(chunk.length === 0 ? null : chunk);
    }
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.send(dataFrame(this.id, 0, chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.send(dataFrame(this.id, FIN, EMPTY)).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = [];
    this.#count(-this.#counted);
    done(error);
  }
}

/**
 * The server's side of SPDY/3.1, as clients of Kubernetes use it: streams that the client opens, and pings. They know
 * no flow control (spdystream sends and minds no WINDOW_UPDATE), so a stream whose reader is slow holds up its whole
 * connection, as upstream.
 */
export class SpdyConnection {
  readonly #duplex: Duplex;
  readonly #onStream: (stream: SpdyStream) => void;
  readonly #streams = new Map<number, SpdyStream>();
  readonly #reader = new HeaderReader();
  readonly #writer = new EmptyHeaderWriter();
  readonly #parser = new FrameParser();
  readonly #waiting = new WaitingBytes();
  readonly #maxStreams: number;
  #lastId = 0;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;

  /** @param maxStreams that are open at a time. */
  constructor(duplex: Duplex, onStream: (stream: SpdyStream) => void, maxStreams = MAX_STREAMS) {
    this.#duplex = duplex;
    this.#onStream = onStream;
    this.#maxStreams = maxStreams;
    duplex.on('error', () => undefined);
    // While nothing is read of it, its reader does not learn that it is gone: what is held up is let go.
    duplex.once('close', () => this.#destroyStreams());
    this.closed = this.#serve();
  }

  async #serve(): Promise<void> {
    try {
      for await (const bytes of this.#duplex) {
        for (const frame of this.#parser.push(bytes as Buffer)) {
          await this.#receive(frame);
          await this.#room();
        }
      }
    } catch (error) {
      if (error instanceof SpdyError) void this.#send(controlFrame(SPDY.goAway, [this.#lastId, PROTOCOL_ERROR]));
    } finally {
      this.#destroyStreams();
      this.#reader.close();
      this.#writer.close();
      this.#duplex.destroy();
    }
  }

  #destroyStreams(): void {
    for (const stream of this.#streams.values()) stream.destroy();
  }

  /** Resolves when the readers have room for more. */
  async #room(): Promise<void> {
    const room = this.#waiting.room();
    if (!room) return;
    // The ids of a server are even.
    const timer = setInterval(() => void this.#send(controlFrame(SPDY.ping, [2])), PING_MS);
    await room.finally(() => clearInterval(timer));
  }

  async #receive(frame: SpdyFrame): Promise<void> {
    if (frame.kind === 'data') {
      const stream = this.#streams.get(frame.stream);
      if (frame.body.length > 0) stream?.receive(frame.body);
      if (frame.flags & FIN) stream?.receiveEnd();
      return;
    }
    const { type, flags, body } = frame;
    if (type === SPDY.synStream) await this.#open(flags, body);
    else if (type === SPDY.rstStream) this.#streams.get(idIn(body))?.destroy();
    else if (type === SPDY.ping && body.length === 4 && idIn(body) % 2 === 1) {
      await this.#send(controlFrame(SPDY.ping, [idIn(body)]));
    }
  }

  async #open(flags: number, body: Buffer): Promise<void> {
    const id = idIn(body);
    // Two numbers, a priority and a slot stand before the headers. What is compressed has to be read in every case.
    const headers = await this.#reader.read(body.subarray(10));
    if (id <= this.#lastId || id % 2 === 0) throw new SpdyError('a stream has a number that it may not have');
    this.#lastId = id;
    if (this.#streams.size >= this.#maxStreams) {
      await this.#send(controlFrame(SPDY.rstStream, [id, CANCEL]));
      return;
    }
    const stream = new SpdyStream(
      id,
      headers,
      (frame) => this.#send(frame),
      (bytes) => this.#waiting.add(bytes),
    );
    this.#streams.set(id, stream);
    stream.once('close', () => this.#streams.delete(id));
    await this.#send(controlFrame(SPDY.synReply, [id], await this.#writer.write()));
    if (flags & FIN) stream.receiveEnd();
    this.#onStream(stream);
  }

  /** Resolves when the connection has taken the bytes, or is closed. */
  #send(bytes: Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.#duplex.destroyed || this.#duplex.writableEnded) resolve();
      else this.#duplex.write(bytes, () => resolve());
    });
  }

  /** Says goodbye, and closes the connection when all is sent. */
  async close(): Promise<void> {
    await this.#send(controlFrame(SPDY.goAway, [this.#lastId, 0]));
    this.#duplex.end();
    await finished(this.#duplex, { readable: false }).catch(() => undefined);
    this.#duplex.destroy();
  }
}

function idIn(body: Buffer): number {
  if (body.length < 4) throw new SpdyError('a frame is too short');
  return body.readUInt32BE(0) & 0x7fffffff;
}
