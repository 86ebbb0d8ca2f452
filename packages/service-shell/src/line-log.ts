import { type FileHandle, open } from 'node:fs/promises';
import type { Logger } from './log.js';
import { putAside } from './put-aside.js';

/** What is kept without other limits. */
const LIMITS: LineLogLimits = { maxBytes: 64 * 1024 * 1024, backups: 3 };

/** Lines that may wait for the disk; beyond this they are dropped, and their number is logged. */
const MAX_PENDING = 10_000;

/**
 * Events that come within this time are written together, in ms: opening and writing a file costs more than most
 * requests. They are lost when the process is killed.
 */
const GATHER_MS = 50;

/** How much is kept: files of `maxBytes`, the newest and `backups` older ones (`PATH.1` is the newest of these). */
export interface LineLogLimits {
  maxBytes: number;
  backups: number;
}

/** Appends to a file that only its owner can read, and puts it aside when it is long. No request waits for the file. */
export class LineLog {
  readonly #path: string;
  readonly #log: Logger;
  readonly #limits: LineLogLimits;
  #pending: string[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;
  /** Ends the time in which events are gathered. */
  #flush: () => void = () => undefined;

  constructor(path: string, log: Logger, limits: LineLogLimits = LIMITS) {
    this.#path = path;
    this.#limits = limits;
    this.#log = log;
  }

  /** Adds a line, which has no line break of its own. */
  add(line: string): void {
    if (this.#pending.length >= MAX_PENDING) this.#dropped += 1;
    else this.#pending.push(`${line}\n`);
    this.#begin();
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      // Without this, lines that arrive while the file is being closed would wait for the next request.
      if (this.#pending.length > 0) this.#begin();
    });
  }

  /** Resolves when everything that was added is written. */
  async close(): Promise<void> {
    while (this.#writing) {
      this.#flush();
      await this.#writing;
    }
  }

  async #write(): Promise<void> {
    await this.#gather();
    try {
      while (this.#pending.length > 0) {
        const file = await open(this.#path, 'a', 0o600);
        const isLong = await this.#append(file).finally(() => file.close());
        if (isLong) await putAside(this.#path, this.#limits.backups);
      }
    } catch (err) {
      this.#log.error({ err, path: this.#path, lost: this.#pending.length }, 'a log of events cannot be written');
      this.#pending = [];
    }
    if (this.#dropped > 0)
      this.#log.error({ dropped: this.#dropped }, 'a log of events was too slow: some were dropped');
    this.#dropped = 0;
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#flush = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Writes what waits. Returns whether the file is then as long as it may be. */
  async #append(file: FileHandle): Promise<boolean> {
    let { size } = await file.stat();
    while (this.#pending.length > 0 && size < this.#limits.maxBytes) {
      const lines = this.#pending;
      this.#pending = [];
      const text = lines.join('');
      await file.appendFile(text);
      size += Buffer.byteLength(text);
    }
    return size >= this.#limits.maxBytes;
  }
}
