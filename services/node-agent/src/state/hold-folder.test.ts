import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTimeOf } from '@everynode/container-shim';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdFolder } from './hold-folder.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'everynode-hold-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const holder = () => readFileSync(join(folder, 'agent.pid'), 'utf8');

it('is held by one process at a time, and by the next one when that has ended', async () => {
  const other = spawn('sleep', ['1000'], { stdio: 'ignore' });
  const pid = other.pid ?? 0;
  writeFileSync(join(folder, 'agent.pid'), `${pid} ${startTimeOf(pid)}`);
  expect(() => holdFolder(folder)).toThrow(`another agent (process ${pid}) keeps its pods in ${folder}`);
  expect(holder()).toBe(`${pid} ${startTimeOf(pid)}`);
  other.kill('SIGKILL');
  await once(other, 'exit');
  holdFolder(folder);
  expect(holder()).toBe(`${process.pid} ${startTimeOf(process.pid)}`);
  expect(readdirSync(folder)).toEqual(['agent.pid']);
});

it('is not held by a process that only has the PID of one that is gone', () => {
  writeFileSync(join(folder, 'agent.pid'), `${process.ppid} 1`);
  holdFolder(folder);
  holdFolder(folder);
  expect(holder()).toContain(`${process.pid} `);
});
