import { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import { EmptyHeaderWriter, HeaderReader, SpdyError, type SpdyHeaders } from './header-blocks.js';
import { controlFrame, dataFrame, FIN, FrameParser, SPDY, type SpdyFrame } from './spdy-frames.js';

/** What waits for the reader of a stream before nothing more is read of the connection, in bytes. */
const MAX_WAITING = 256 * 1024;
const MAX_STREAMS = 1024;
const PROTOCOL_ERROR = 1;
const CANCEL = 5;
const EMPTY = Buffer.alloc(0);

/** A stream that the client has opened. */
export class SpdyStream extends Duplex {
  #waiting: Buffer[] = [];
  #length = 0;
  #isWanted = false;
  #onRoom: (() => void) | undefined;

  constructor(
    readonly id: number,
    readonly headers: SpdyHeaders,
    private readonly send: (frame: Buffer) => Promise<void>,
  ) {
    super({ allowHalfOpen: true });
    this.on('error', () => undefined);
  }

  /** Resolves when the reader has room for more. */
  async receive(body: Buffer): Promise<void> {
    if (this.destroyed) return;
    this.#waiting.push(body);
    this.#length += body.length;
    this.#flush();
    if (this.#length <= MAX_WAITING) return;
    await new Promise<void>((resolve) => {
      this.#onRoom = resolve;
    });
  }

  /** The client sends nothing more. */
  receiveEnd(): void {
    this.#waiting.push(EMPTY);
    this.#flush();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#flush();
  }

  #flush(): void {
    while (this.#isWanted && !this.destroyed) {
      const chunk = this.#waiting.shift();
      if (!chunk) break;
      this.#length -= chunk.length;
      this.#isWanted = this.push(chunk.length === 0 ? null : chunk);
    }
    if (this.#length <= MAX_WAITING) this.#roomIsThere();
  }

  #roomIsThere(): void {
    const onRoom = this.#onRoom;
    this.#onRoom = undefined;
    onRoom?.();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.send(dataFrame(this.id, 0, chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error) => void): void {
    this.send(dataFrame(this.id, FIN, EMPTY)).then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#waiting = [];
    this.#length = 0;
    this.#roomIsThere();
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
  #lastId = 0;
  /** Resolves when the connection is over. */
  readonly closed: Promise<void>;

  constructor(duplex: Duplex, onStream: (stream: SpdyStream) => void) {
    this.#duplex = duplex;
    this.#onStream = onStream;
    duplex.on('error', () => undefined);
    this.closed = this.#serve();
  }

  async #serve(): Promise<void> {
    try {
      for await (const bytes of this.#duplex) {
        for (const frame of this.#parser.push(bytes as Buffer)) await this.#receive(frame);
      }
    } catch (error) {
      if (error instanceof SpdyError) void this.#send(controlFrame(SPDY.goAway, [this.#lastId, PROTOCOL_ERROR]));
    } finally {
      for (const stream of this.#streams.values()) stream.destroy();
      this.#reader.close();
      this.#writer.close();
      this.#duplex.destroy();
    }
  }

  async #receive(frame: SpdyFrame): Promise<void> {
    if (frame.kind === 'data') {
      const stream = this.#streams.get(frame.stream);
      if (frame.body.length > 0) await stream?.receive(frame.body);
      if (frame.flags & FIN) stream?.receiveEnd();
      return;
    }
    const { type, flags, body } = frame;
    if (type === SPDY.synStream) await this.#open(flags, body);
    else if (type === SPDY.rstStream) this.#streams.get(idIn(body))?.destroy();
    else if (type === SPDY.ping && body.length === 4) await this.#send(controlFrame(SPDY.ping, [idIn(body)]));
  }

  async #open(flags: number, body: Buffer): Promise<void> {
    const id = idIn(body);
    // Two numbers, a priority and a slot stand before the headers. What is compressed has to be read in every case.
    const headers = await this.#reader.read(body.subarray(10));
    if (id <= this.#lastId || id % 2 === 0) throw new SpdyError('a stream has a number that it may not have');
    this.#lastId = id;
    if (this.#streams.size >= MAX_STREAMS) {
      await this.#send(controlFrame(SPDY.rstStream, [id, CANCEL]));
      return;
    }
    const stream = new SpdyStream(id, headers, (bytes) => this.#send(bytes));
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
