import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogLine } from '@everynode/container-streams';
import { eventually } from '@everynode/test-kit';
import { afterAll, expect, it } from 'vitest';
import { readCriLog } from './cri-log.js';

const folder = mkdtempSync(join(tmpdir(), 'everynode-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const line = (second: number, text: string, tag = 'F', stream = 'stdout') =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.000000000Z ${stream} ${tag} ${text}\n`;

const ALL = {
  sinceMs: undefined,
  tailLines: undefined,
  mayGrow: () => false,
  signal: new AbortController().signal,
};

function logWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

async function textsOf(lines: AsyncIterable<LogLine>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { stream, text } of lines) texts.push(`${stream} ${text}`);
  return texts;
}

it('puts the parts of a line together, and keeps blanks, empty lines and carriage returns', async () => {
  const path = logWith('parts', line(1, 'a', 'P') + line(1, 'b') + line(2, '', 'F', 'stderr') + line(3, ' ü \r'));
  expect(await textsOf(readCriLog(path, ALL))).toEqual(['stdout ab', 'stderr ', 'stdout  ü \r']);
});

it('keeps the parts of each output apart, and those of a line that never ended', async () => {
  const text = line(1, 'a', 'P') + line(2, 'err', 'F', 'stderr') + line(3, 'b') + line(4, 'no end', 'P');
  expect(await textsOf(readCriLog(logWith('apart', text), ALL))).toEqual(['stderr err', 'stdout ab', 'stdout no end']);
});

it('reads the last lines only, and those from a time on', async () => {
  const path = logWith('tail', Array.from({ length: 20_000 }, (_, i) => line(i % 60, `line ${i}`)).join(''));
  const tail = await textsOf(readCriLog(path, { ...ALL, tailLines: 3 }));
  expect(tail).toEqual(['stdout line 19997', 'stdout line 19998', 'stdout line 19999']);
  expect(await textsOf(readCriLog(path, { ...ALL, tailLines: 0 }))).toEqual([]);
  expect(await textsOf(readCriLog(path, { ...ALL, tailLines: 50_000 }))).toHaveLength(20_000);
  const sinceMs = Date.parse('2026-01-01T00:00:58Z');
  expect(await textsOf(readCriLog(path, { ...ALL, sinceMs, tailLines: 100 }))).toHaveLength(4);
});

it('follows what is written, into the file after a rotation, until nothing more comes', async () => {
  const path = logWith('follow', line(1, 'before'));
  const seen: string[] = [];
  let mayGrow = true;
  const read = (async () => {
    for await (const { text } of readCriLog(path, { ...ALL, mayGrow: () => mayGrow })) seen.push(text);
  })();
  await eventually(() => expect(seen).toEqual(['before']));
  appendFileSync(path, line(2, 'cut').slice(0, 20));
  appendFileSync(path, line(2, 'cut').slice(20));
  renameSync(path, `${path}.old`);
  writeFileSync(path, line(3, 'after'));
  await eventually(() => expect(seen).toEqual(['before', 'cut', 'after']));
  mayGrow = false;
  await read;
});

it('is read no more when its reader is gone, though nothing more is written', async () => {
  const path = logWith('quiet', line(1, 'only'));
  const leaving = new AbortController();
  const lines = readCriLog(path, { ...ALL, mayGrow: () => true, signal: leaving.signal });
  expect((await lines.next()).value?.text).toBe('only');
  const waiting = lines.next();
  leaving.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
});
