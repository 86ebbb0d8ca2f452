import { Readable, Writable } from 'node:stream';
import { MAX_PAYLOAD } from './frame.js';

/** What may be on its way on one channel in one direction, and so wait for a slow reader, in bytes. */
export const WINDOW = 256 * 1024;

/** Pieces that wait are joined up to so many bytes. */
const JOINED = 4096;

/** The receiving side of a channel: bytes as a stream, and the credit that its reader gives back. */
export class InChannel {
  /** Made when it is first read: until then bytes wait, a window of them at most. */
  #readable: Readable | undefined;
  #waiting: Buffer[] = [];
  /** Received and not credited yet. */
  #owed = 0;
  /** Read and not credited yet. */
  #read = 0;
  #isWanted = false;
  #isEnded = false;
  #error: Error | undefined;
  readonly #credit: (bytes: number) => void;

  constructor(credit: (bytes: number) => void) {
    this.#credit = credit;
  }

  /** Returns false when the sender has sent more than it may. */
  receive(payload: Buffer): boolean {
    if (this.#isEnded) return false;
    if (payload.length === 0) return true;
    this.#owed += payload.length;
    if (this.#owed > WINDOW) return false;
    this.#wait(payload);
    this.#flush();
    return true;
  }

  /** The window counts bytes: small pieces are joined, so that as many of them cost no more. */
  #wait(payload: Buffer): void {
    const last = this.#waiting.at(-1);
    if (last && last.length + payload.length <= JOINED) {
      this.#waiting[this.#waiting.length - 1] = Buffer.concat([last, payload]);
    } else this.#waiting.push(payload);
  }

  end(): void {
    this.#isEnded = true;
    this.#flush();
  }

  /** What waits is lost: the bytes are not all there. */
  fail(error: Error): void {
    if (this.#isEnded && this.#waiting.length === 0) return;
    this.#error = error;
    this.#waiting = [];
    this.#readable?.destroy(error);
  }

  get readable(): Readable {
    if (!this.#readable) {
      this.#readable = new Readable({
        read: () => {
          this.#isWanted = true;
          this.#flush();
        },
      });
      // A reader learns it by its own means; without one it is the end of the tunnel, which says why.
      this.#readable.on('error', () => undefined);
      if (this.#error) this.#readable.destroy(this.#error);
    }
    return this.#readable;
  }

  #flush(): void {
    const readable = this.#readable;
    if (!readable || readable.destroyed) return;
    while (this.#isWanted) {
      const chunk = this.#waiting.shift();
      if (!chunk) break;
      this.#read += chunk.length;
      this.#isWanted = readable.push(chunk);
    }
    if (this.#isEnded && this.#waiting.length === 0 && !readable.readableEnded) readable.push(null);
    if (this.#read < WINDOW / 2 || this.#isEnded) return;
    this.#owed -= this.#read;
    this.#credit(this.#read);
    this.#read = 0;
  }
}

/** The sending side of a channel. Small writes that wait for credit or their turn travel together. */
export class OutChannel {
  #left = WINDOW;
  #onCredit: (() => void) | undefined;
  #error: Error | undefined;
  readonly writable: Writable;

  /** `send` resolves when the next frame may be handed over. */
  constructor(send: (payload: Buffer) => Promise<void> | undefined, end: () => void) {
    this.writable = new Writable({
      highWaterMark: MAX_PAYLOAD,
      writev: (chunks, done) => {
        const bytes = Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer));
        this.#send(bytes, send).then(() => done(), done);
      },
      final: (done) => {
        end();
        done();
      },
    });
    // What cannot be sent is the end of the tunnel, which says why.
    this.writable.on('error', () => undefined);
  }

  async #send(bytes: Buffer, send: (payload: Buffer) => Promise<void> | undefined): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      while (this.#left === 0 && !this.#error) {
        await new Promise<void>((resolve) => {
          this.#onCredit = resolve;
        });
      }
      if (this.#error) throw this.#error;
      const payload = bytes.subarray(at, at + Math.min(this.#left, MAX_PAYLOAD));
      this.#left -= payload.length;
      at += payload.length;
      await send(payload);
    }
  }

  credit(bytes: number): void {
    this.#left = Math.min(WINDOW, this.#left + bytes);
    this.#wake();
  }

  fail(error: Error): void {
    this.#error = error;
    this.#wake();
    this.writable.destroy(error);
  }

  #wake(): void {
    const wake = this.#onCredit;
    this.#onCredit = undefined;
    wake?.();
  }
}
