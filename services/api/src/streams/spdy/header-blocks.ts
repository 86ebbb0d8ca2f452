import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { HEADER_DICTIONARY } from './header-dictionary.js';

/** Names are in lower case. */
export type SpdyHeaders = ReadonlyMap<string, string>;

/** The longest block of headers, before compression, in bytes. Those of clients have a hundred. */
const MAX_BLOCK = 16 * 1024;

/** The other end does not speak SPDY, or wants too much. */
export class SpdyError extends Error {
  override readonly name = 'SpdyError';
  readonly retryable = false;
}

/** Reads the blocks of one connection in turn: all of them are one compressed stream. */
export class HeaderReader {
  readonly #inflate: Inflate = createInflate({ dictionary: HEADER_DICTIONARY });
  #pieces: Buffer[] = [];
  #length = 0;

  constructor() {
    this.#inflate.on('data', (piece: Buffer) => {
      this.#length += piece.length;
      if (this.#length <= MAX_BLOCK) this.#pieces.push(piece);
      else this.#inflate.destroy(new SpdyError('headers are too long'));
    });
  }

  /** @throws SpdyError */
  async read(block: Uint8Array): Promise<SpdyHeaders> {
    this.#pieces = [];
    this.#length = 0;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: Error): void => reject(error instanceof SpdyError ? error : new SpdyError(error.message));
      this.#inflate.once('error', fail);
      this.#inflate.write(block, () => {
        this.#inflate.off('error', fail);
        resolve();
      });
    });
    return parse(Buffer.concat(this.#pieces));
  }

  close(): void {
    this.#inflate.on('error', () => undefined);
    this.#inflate.destroy();
  }
}

/** Writes the blocks of one connection in turn. The ones that are written here are empty. */
export class EmptyHeaderWriter {
  readonly #deflate: Deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  #pieces: Buffer[] = [];

  constructor() {
    this.#deflate.on('data', (piece: Buffer) => this.#pieces.push(piece));
  }

  async write(): Promise<Buffer> {
    this.#pieces = [];
    this.#deflate.write(Buffer.alloc(4));
    await new Promise<void>((resolve) => this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    return Buffer.concat(this.#pieces);
  }

  close(): void {
    this.#deflate.destroy();
  }
}

/** A count, and so many pairs of texts with their lengths before them. @throws SpdyError */
function parse(block: Buffer): SpdyHeaders {
  let at = 0;
  const number = (): number => {
    if (at + 4 > block.length) throw new SpdyError('headers are cut off');
    at += 4;
    return block.readUInt32BE(at - 4);
  };
  const text = (): string => {
    const length = number();
    if (at + length > block.length) throw new SpdyError('headers are cut off');
    at += length;
    return block.toString('utf8', at - length, at);
  };
  const headers = new Map<string, string>();
  for (let left = number(); left > 0; left -= 1) headers.set(text().toLowerCase(), text());
  return headers;
}
