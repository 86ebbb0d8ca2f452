import { SpdyError } from './header-blocks.js';

/** Types of control frames that are used. Source: the SPDY/3.1 draft, section 2.6. */
export const SPDY = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;

export const FIN = 1;

const VERSION = 3;
const HEADER = 8;
/** The longest frame of a client, in bytes: Go's copies 32 KiB at a time. */
const MAX_FRAME = 1024 * 1024;

/** A frame as it is on the wire. A stream's id is the first number of a control frame's body. */
export type SpdyFrame =
  | { kind: 'data'; stream: number; flags: number; body: Buffer }
  | { kind: 'control'; type: number; flags: number; body: Buffer };

/** Cuts bytes into frames. */
export class FrameParser {
  /** What is no whole frame yet stands at its begin; behind it is room. */
  #rest: Buffer = Buffer.alloc(0);
  #length = 0;

  /** @throws SpdyError for another version, and a frame that is too long. */
  *push(bytes: Buffer): Generator<SpdyFrame> {
    let rest = this.#append(bytes);
    while (rest.length >= HEADER) {
      const flags = rest.readUInt8(4);
      const length = rest.readUIntBE(5, 3);
      if (length > MAX_FRAME) throw new SpdyError('a frame is too long');
      if (rest.length < HEADER + length) return;
      const first = rest.readUInt32BE(0);
      const body = rest.subarray(HEADER, HEADER + length);
      rest = rest.subarray(HEADER + length);
      // Without room behind it: the body is a view, which nothing may be written to.
      this.#rest = rest;
      this.#length = rest.length;
      if (first < 2 ** 31) yield { kind: 'data', stream: first, flags, body };
      else if ((first >>> 16) - 0x8000 !== VERSION) throw new SpdyError('another version of SPDY');
      else yield { kind: 'control', type: first & 0xffff, flags, body };
    }
  }

  /** The room doubles, so that a frame in small pieces costs as much as one in large pieces. */
  #append(bytes: Buffer): Buffer {
    if (this.#length === 0) this.#rest = bytes;
    else if (this.#length + bytes.length > this.#rest.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#length + bytes.length, this.#length * 2));
      this.#rest.copy(larger, 0, 0, this.#length);
      this.#rest = larger;
    }
    if (this.#length > 0) bytes.copy(this.#rest, this.#length);
    this.#length += bytes.length;
    return this.#rest.subarray(0, this.#length);
  }
}

export function dataFrame(stream: number, flags: number, body: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + body.length);
  frame.writeUInt32BE(stream, 0);
  frame.writeUInt8(flags, 4);
  frame.writeUIntBE(body.length, 5, 3);
  frame.set(body, HEADER);
  return frame;
}

export function controlFrame(type: number, numbers: readonly number[], rest: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.allocUnsafe(HEADER + numbers.length * 4 + rest.length);
  frame.writeUInt16BE(0x8000 + VERSION, 0);
  frame.writeUInt16BE(type, 2);
  frame.writeUInt8(0, 4);
  frame.writeUIntBE(numbers.length * 4 + rest.length, 5, 3);
  for (const [at, number] of numbers.entries()) frame.writeUInt32BE(number, HEADER + at * 4);
  frame.set(rest, HEADER + numbers.length * 4);
  return frame;
}
