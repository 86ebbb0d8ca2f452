import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineLog } from './line-log.js';

let folder: string;
let path: string;
let told: { level: number; waiting?: number; lost?: number; dropped?: number }[];
const log = pino({}, { write: (line) => told.push(JSON.parse(line)) });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everynode-lines-'));
  path = join(folder, 'lines.log');
  told = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const written = async () => (await readFile(path, 'utf8')).trim().split('\n');
const numbers = (count: number) => Array.from({ length: count }, (_, number) => `line ${number}`);

describe('a log of lines', () => {
  it('keeps lines while the disk is full, in order and each once, and writes them when it has room', async () => {
    await symlink('/dev/full', path);
    const lines = new LineLog(path, log);
    for (const line of numbers(5)) lines.add(line);
    await vi.waitFor(() => expect(told).toContainEqual(expect.objectContaining({ waiting: 5 })));
    lines.add('line 5');
    await rm(path);
    await vi.waitFor(async () => expect(await written()).toEqual(numbers(6)), 5000);
    await lines.close();
    expect(told).toHaveLength(1);
  });

  it('holds so many bytes for a full disk, says how many lines it has dropped, and goes on with later ones', async () => {
    await symlink('/dev/full', path);
    const lines = new LineLog(path, log, { maxBytes: 1e6, backups: 1, maxPendingBytes: 40 });
    for (const line of numbers(10)) lines.add(line);
    await lines.close();
    expect(told).toContainEqual(expect.objectContaining({ dropped: 5 }));
    expect(told).toContainEqual(expect.objectContaining({ lost: 5 }));
    await rm(path);
    lines.add('later');
    await lines.close();
    expect(await written()).toEqual(['later']);
  });

  it('is put aside at its length also when lines come faster than they are written', async () => {
    const lines = new LineLog(path, log, { maxBytes: 1_000_000, backups: 9 });
    const long = 'x'.repeat(1023);
    for (let count = 0; count < 6 * 1024; count += 1) lines.add(long);
    await lines.close();
    const names = await readdir(folder);
    expect(names.length).toBeGreaterThanOrEqual(6);
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(folder, name))).length));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(6 * 1024 * 1024);
    expect(Math.max(...sizes)).toBeLessThan(2_100_000);
  });
});
