import { type FileHandle, open } from 'node:fs/promises';
import { backoffMs } from './backoff.js';
import type { Logger } from './log.js';
import { putAside } from './put-aside.js';

/** What is kept without other limits. */
const LIMITS: LineLogLimits = { maxBytes: 64 * 1024 * 1024, backups: 3 };

/**
 * Bytes of lines that wait for the disk, for as long as it is slow, full or away. Beyond this lines are dropped, and
 * their number is logged.
 */
const MAX_PENDING_BYTES = 16 * 1024 * 1024;

/** Written at once. */
const PIECE_BYTES = 1024 * 1024;

/**
 * Events that come within this time are written together, in ms: opening and writing a file costs more than most
 * requests. They are lost when the process is killed.
 */
const GATHER_MS = 200;

/** How much is kept: files of `maxBytes`, the newest and `backups` older ones (`PATH.1` is the newest of these). */
export interface LineLogLimits {
  maxBytes: number;
  backups: number;
  /** Of the lines that wait for the disk. */
  maxPendingBytes?: number;
}

/**
 * Appends to a file that only its owner can read, and puts it aside when it is long. No request waits for the file.
 * While it cannot be written, as on a full disk, lines wait in memory, and are written when it can be again.
 */
export class LineLog {
  readonly #path: string;
  readonly #log: Logger;
  readonly #limits: LineLogLimits;
  readonly #maxPendingBytes: number;
  readonly #pending: string[] = [];
  #pendingBytes = 0;
  #dropped = 0;
  /** Attempts to write in a row that have failed. */
  #failures = 0;
  #isClosing = false;
  #writing: Promise<void> | undefined;
  /** Ends the time in which events are gathered. */
  #flush: () => void = () => undefined;

  constructor(path: string, log: Logger, limits: LineLogLimits = LIMITS) {
    this.#path = path;
    this.#limits = limits;
    this.#maxPendingBytes = limits.maxPendingBytes ?? MAX_PENDING_BYTES;
    this.#log = log;
  }

  /** Adds a line, which has no line break of its own. */
  add(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#pendingBytes + bytes > this.#maxPendingBytes) this.#dropped += 1;
    else {
      this.#pending.push(`${line}\n`);
      this.#pendingBytes += bytes;
    }
    this.#begin();
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      // Lines that could not be written, or that came while the file was being closed.
      if (this.#pending.length > 0 && !this.#isClosing) this.#begin();
    });
  }

  /** Resolves when everything that was added is written, or cannot be. What is added later is written as before. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#flush();
    await this.#writing;
    if (this.#pending.length > 0) this.#begin();
    await this.#writing;
    this.#isClosing = false;
    if (this.#pending.length === 0) return;
    this.#log.error(
      { path: this.#path, lost: this.#pending.length },
      'a log of events could not be written to its end',
    );
    this.#pending.length = 0;
    this.#pendingBytes = 0;
  }

  async #write(): Promise<void> {
    if (!this.#isClosing) await this.#gather();
    try {
      while (this.#pending.length > 0) {
        const file = await open(this.#path, 'a', 0o600);
        const isLong = await this.#append(file).finally(() => file.close());
        if (isLong) await putAside(this.#path, this.#limits.backups);
      }
      this.#failures = 0;
    } catch (err) {
      this.#failures += 1;
      // One line for an outage, however long it is.
      if (this.#failures === 1)
        this.#log.error({ err, path: this.#path, waiting: this.#pending.length }, 'a log of events cannot be written');
    }
    // While nothing can be written the number grows, and is told afterwards.
    if (this.#dropped === 0 || (this.#failures > 0 && !this.#isClosing)) return;
    this.#log.error({ dropped: this.#dropped }, 'a log of events was too slow: some were dropped');
    this.#dropped = 0;
  }

  /** Waits for more lines, and after failures for longer. */
  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#failures === 0 ? GATHER_MS : backoffMs(this.#failures));
      this.#flush = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Writes what waits. Returns whether the file is then as long as it may be. */
  async #append(file: FileHandle): Promise<boolean> {
    const stat = await file.stat();
    let { size } = stat;
    while (this.#pending.length > 0 && size < this.#limits.maxBytes) {
      const { lines, text, bytes } = this.#nextPiece();
      try {
        await file.appendFile(text);
      } catch (error) {
        // A part may be written; all of it is written again.
        if (stat.isFile()) await file.truncate(size);
        throw error;
      }
      this.#pending.splice(0, lines);
      this.#pendingBytes -= bytes;
      size += bytes;
    }
    return size >= this.#limits.maxBytes;
  }

  #nextPiece(): { lines: number; text: string; bytes: number } {
    let lines = 0;
    let bytes = 0;
    while (lines < this.#pending.length && bytes < PIECE_BYTES) {
      bytes += Buffer.byteLength(this.#pending[lines] ?? '');
      lines += 1;
    }
    return { lines, text: this.#pending.slice(0, lines).join(''), bytes };
  }
}
