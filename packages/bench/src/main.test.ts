import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { waitUntil } from '@everynode/local-stack';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Services are stubs, so the bench waits for nodes that never come; Postgres, NATS and the processes are real. */
describe('npm run bench', { timeout: 60_000 }, () => {
  let root: string;
  const running: ChildProcess[] = [];

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-bench-test-'));
    for (const service of ['api', 'scheduler', 'node-agent']) {
      const folder = join(root, 'services', service, 'dist');
      await mkdir(folder, { recursive: true });
      await copyFile(here('../../local-stack/fixtures/stub-service.mjs'), join(folder, 'bundle.js'));
    }
    await writeFile(join(root, 'services', 'package.json'), '{"type":"module"}');
  });
  afterEach(async () => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });

  function bench(...args: string[]) {
    // Out of the build, as users run it: a start from sources takes seconds.
    const child = spawn(process.execPath, [here('../dist/main.js'), ...args], {
      env: { PATH: process.env.PATH, TMPDIR: root, EVERYNODE_SERVICES_DIR: join(root, 'services') },
    });
    running.push(child);
    const result = { child, out: '', ended: Promise.resolve(-1) };
    const hear = (bytes: Buffer) => {
      result.out += String(bytes);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    result.ended = new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    return result;
  }

  /** All processes below one, as the kernel has them. */
  async function below(pid: number): Promise<number[]> {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    const children = text.split(' ').map(Number).filter(Boolean);
    return [...children, ...(await Promise.all(children.map(below))).flat()];
  }
  async function living(pids: number[]): Promise<string[]> {
    const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
    return commands.filter((command) => command.includes(root) || command.includes('cluster-host'));
  }

  it.each(['SIGTERM', 'SIGKILL'] as const)('leaves no process when it gets %s', async (signal) => {
    const { child, ended, ...result } = bench('--nodes', '3', '--scenario', 'apply-ready');
    const agents = async () => {
      const pids = await below(child.pid ?? 0);
      const commands = await living(pids);
      return commands.some((command) => command.includes('node-agent')) && pids;
    };
    const pids = await waitUntil(agents, { what: `the cluster (${result.out})`, deadlineMs: 40_000 });
    expect((await living(pids)).length).toBeGreaterThan(7);
    child.kill(signal);
    expect(await ended).not.toBe(0);
    await waitUntil(async () => (await living(pids)).length === 0, { what: 'all to end', deadlineMs: 15_000 });
  });

  it('refuses by name a scenario that needs processes of our own, where it has none', async () => {
    const refused = bench('--kubeconfig', 'none', '--scenario', 'apply-ready,failover');
    expect(await refused.ended).toBe(1);
    expect(refused.out).toMatch(/^failover: .* cannot run with --kubeconfig/m);
  });

  it('names the scenarios there are when one is not known', async () => {
    const refused = bench('--scenario', 'apply-steady');
    expect(await refused.ended).toBe(1);
    expect(refused.out).toContain('apply-steady is none of apply-ready, rolling-update');
  });
});
