import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningNats, startNats, waitUntil } from '@everynode/local-stack';
import { statePaths } from '@everynode/local-stack/control';
import { freePort } from '@everynode/local-stack/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/**
 * The command line against stub services and the user's own servers, of which Postgres is absent. Real servers are
 * local-stack's to test.
 */
describe('everynode', { timeout: 60_000 }, () => {
  let root: string;
  let nats: RunningNats;
  let natsDir: string;
  const running: ChildProcess[] = [];

  beforeAll(async () => {
    natsDir = await mkdtemp(join(tmpdir(), 'everynode-cli-nats-'));
    nats = await startNats({ dir: natsDir });
  });
  afterAll(async () => {
    await nats.stop();
    await rm(natsDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-cli-'));
    const stub = here('../../local-stack/fixtures/stub-service.mjs');
    const scripts = { api: here('../fixtures/stub-api.mjs'), scheduler: stub, 'node-agent': stub };
    for (const [service, script] of Object.entries(scripts)) {
      await mkdir(join(root, 'services', service, 'dist'), { recursive: true });
      await copyFile(script, join(root, 'services', service, 'dist', 'bundle.js'));
    }
    await writeFile(join(root, 'services', 'package.json'), '{"type":"module"}');
  });
  afterEach(async () => {
    await everynode('stop').ended;
    await Promise.all(running.splice(0).map((child) => child.kill('SIGKILL')));
    await rm(root, { recursive: true, force: true });
  });

  const everynode = (...args: string[]) => everynodeWith({}, ...args);
  function everynodeWith(env: Record<string, string>, ...args: string[]) {
    // Out of the build, as users run it: a start from sources takes seconds.
    const child = spawn(process.execPath, [here('../dist/main.js'), ...args], {
      env: {
        PATH: process.env.PATH,
        EVERYNODE_STATE_DIR: join(root, 'state'),
        EVERYNODE_SERVICES_DIR: join(root, 'services'),
        DATABASE_URL: 'postgres://elsewhere',
        NATS_URL: nats.url,
        NATS_AUTHORITY: join(natsDir, 'authority'),
        NATS_CA: nats.services.caFile,
        ...env,
      },
    });
    running.push(child);
    const result = { child, out: '', ended: Promise.resolve(-1) };
    const collect = (bytes: Buffer) => {
      result.out += String(bytes);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    result.ended = new Promise((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    return result;
  }
  const posted = async () => (await readFile(join(root, 'state', 'posted'), 'utf8')).trim().split('\n');

  it('starts the demo cluster in the background, adds nodes, and stops it', async () => {
    const start = everynode('start', '--detach', '--port', String(await freePort()));
    expect(await start.ended, start.out).toBe(0);
    expect(start.out).toContain('Everynode is up: 6 nodes');
    expect(start.out).toContain(`export KUBECONFIG=${join(root, 'state', 'kubeconfig')}`);
    expect((await stat(join(root, 'state', 'kubeconfig'))).mode & 0o777).toBe(0o600);
    expect(await posted()).toEqual([
      '/apis/apps/v1/namespaces/kube-system/daemonsets calico-node',
      '/api/v1/namespaces/kube-system/configmaps kube-proxy',
      '/apis/apps/v1/namespaces/kube-system/daemonsets kube-proxy',
    ]);

    const again = everynode('start', '--detach');
    expect(await again.ended).toBe(1);
    expect(again.out).toContain('runs already');

    const add = everynode('nodes', 'add', 'k8s-04', 'k8s-05', '--labels', 'disk=ssd', '--taints', 'gpu=a:NoSchedule');
    expect(await add.ended, add.out).toBe(0);
    expect(add.out).toContain('2 nodes are Ready, hosted by agent-3');
    const file = JSON.parse(await readFile(join(root, 'state', 'agents', 'agent-3.json'), 'utf8'));
    expect(file.nodes[1]).toMatchObject({
      name: 'k8s-05',
      labels: { disk: 'ssd', 'kubernetes.io/os': 'linux' },
      taints: [{ key: 'gpu', value: 'a', effect: 'NoSchedule' }],
    });

    const status = everynode('status', '--json');
    expect(await status.ended).toBe(0);
    expect(JSON.parse(status.out).agents).toHaveLength(3);

    const stop = everynode('stop');
    expect(await stop.ended, stop.out).toBe(0);
    expect(stop.out).toContain('has stopped');
    const gone = everynode('status');
    expect(await gone.ended).toBe(1);
    expect(gone.out).toContain('not running');

    // What the user deleted stays deleted: the objects are created once.
    const resumed = everynode('start', '--detach', '--port', String(await freePort()));
    expect(await resumed.ended, resumed.out).toBe(0);
    expect(resumed.out).toContain('Everynode is up: 8 nodes');
    expect(await posted()).toHaveLength(3);
  });

  it('runs in the foreground until Ctrl-C', async () => {
    const start = everynode('start', '--nodes', '30', '--agents', '3', '--port', String(await freePort()));
    await waitUntil(() => start.out.includes('Ctrl-C, or npm run stop'), { what: 'the summary', deadlineMs: 30_000 });
    expect(start.out).toContain('Everynode is up: 30 nodes');
    start.child.kill('SIGINT');
    // npm passes the terminal's signal on a second time; that is not a second Ctrl-C.
    start.child.kill('SIGINT');
    expect(await start.ended, start.out).toBe(0);
    await expect(stat(join(root, 'state', 'posted'))).rejects.toThrow('ENOENT');
    await expect(stat(join(statePaths(join(root, 'state')).run, 'supervisor.json'))).rejects.toThrow('ENOENT');
  });

  it('shows why it cannot start', async () => {
    await writeFile(join(root, 'services', 'scheduler', 'dist', 'bundle.js'), 'throw new Error("no luck today")');
    for (const flags of [['--detach'], []]) {
      const start = everynode('start', '--port', String(await freePort()), ...flags);
      expect(await start.ended).toBe(1);
      expect(start.out).toMatch(/scheduler-\d did not become ready/);
      expect(start.out).toContain('no luck today');
    }
  });

  it('refuses values that make no sense', async () => {
    for (const flags of [
      ['--nodes', '0'],
      ['--nodes', 'many'],
      ['--port', '70000'],
      ['--agents', '-1'],
    ]) {
      const start = everynode('start', ...flags);
      expect(await start.ended).toBe(1);
      expect(start.out).toContain('It must be a whole number from');
    }
  });

  it('refuses an unknown controller, by option and by variable, before it starts anything', async () => {
    const byOption = everynode('start', '--controllers', '*,-deamonset');
    expect(await byOption.ended).toBe(1);
    expect(byOption.out).toContain("option '--controllers <list>' argument '*,-deamonset' is invalid");
    expect(byOption.out).toContain('"-deamonset" names no controller; there are clusterrole-aggregation, cronjob, ');
    const byVariable = everynodeWith({ EVERYNODE_CONTROLLERS: 'all' }, 'start');
    expect(await byVariable.ended).toBe(1);
    expect(byVariable.out).toContain("value 'all' from env 'EVERYNODE_CONTROLLERS' is invalid");
    await expect(stat(join(root, 'state'))).rejects.toThrow('ENOENT');
  });
});
