import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { folderUsage } from './folder-usage.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'everynode-usage-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('counts what du counts, and a file with two names once', async () => {
  mkdirSync(join(folder, 'a', 'b'), { recursive: true });
  writeFileSync(join(folder, 'a', 'large'), Buffer.alloc(100_000, 1));
  for (let number = 0; number < 100; number += 1) writeFileSync(join(folder, 'a', 'b', `f${number}`), 'x');
  linkSync(join(folder, 'a', 'large'), join(folder, 'a', 'b', 'again'));
  const counted = (...flags: string[]) => Number.parseInt(execFileSync('du', ['-s', ...flags, folder]).toString(), 10);
  expect(await folderUsage(folder)).toEqual({ bytes: counted('-B1'), inodes: counted('--inodes') });
});

it('finds nothing where there is nothing', async () => {
  expect(await folderUsage(join(folder, 'none'))).toEqual({ bytes: 0, inodes: 0 });
});
