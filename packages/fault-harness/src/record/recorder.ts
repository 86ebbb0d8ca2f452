import { createWriteStream, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { HistoryEntry } from '@everynode/history-checker';

/** Keeps the history of a run, and writes it to a file as it grows: one JSON text a line. */
export class Recorder {
  readonly history: HistoryEntry[] = [];
  readonly #file: WriteStream;

  constructor(path: string) {
    this.#file = createWriteStream(path);
  }

  add(entry: HistoryEntry): void {
    this.history.push(entry);
    this.#file.write(`${JSON.stringify(entry)}\n`);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#file.end(() => resolve()));
  }
}

/** Reads a file that a {@link Recorder} wrote. The last line of a run that was killed may be cut short. */
export async function readHistory(path: string): Promise<HistoryEntry[]> {
  const lines = (await readFile(path, 'utf8')).split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as HistoryEntry);
}
