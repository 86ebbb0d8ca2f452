import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ControlClient, NotRunningError } from './control-channel.js';
import { commandOf } from './process/process-command.js';
import { AlreadyRunningError } from './process/single-run.js';
import { waitUntil } from './process/wait-until.js';
import { type RunningNats, startNats } from './servers/nats.js';
import { demoFleet, numberedFleet } from './services/fleet.js';
import { Stack } from './stack.js';
import type { StackOptions } from './stack-options.js';
import type { StackStatus } from './stack-status.js';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

describe('Stack', { timeout: 60_000 }, () => {
  let root: string;
  /** Of the user: it is there before the stack, and after it. */
  let nats: RunningNats;
  let natsDir: string;
  const stacks: Stack[] = [];
  const children: ChildProcess[] = [];
  const build = (options: Partial<StackOptions> = {}) => {
    const stack = new Stack({
      stateDir: join(root, 'state'),
      entry: () => fixture('stub-service.mjs'),
      port: 0,
      apiReplicas: 2,
      schedulerReplicas: 1,
      fleet: demoFleet(2),
      replaceFleet: false,
      fresh: false,
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: 'postgres://elsewhere',
        NATS_URL: nats.url,
        NATS_AUTHORITY: join(natsDir, 'authority'),
        NATS_CA: nats.services.caFile,
      },
      log: () => undefined,
      ...options,
    });
    stacks.push(stack);
    return stack;
  };
  const control = () => new ControlClient(join(root, 'state', 'run'));
  /** Processes on this machine that have to do with the state directory or its services. */
  const alive = async (pids: (number | null)[]) => {
    const commands = await Promise.all(pids.map((pid) => (pid === null ? undefined : commandOf(pid))));
    return commands.filter((command) => command?.includes('stub-service.mjs') || command?.includes(root));
  };

  beforeAll(async () => {
    natsDir = await mkdtemp(join(tmpdir(), 'everynode-stack-nats-'));
    nats = await startNats({ dir: natsDir });
  });
  afterAll(async () => {
    await nats.stop();
    await rm(natsDir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-stack-'));
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
    await rm(root, { recursive: true, force: true });
  });

  it('comes up, reports what runs, and leaves nothing running', async () => {
    const stack = build();
    await stack.start();
    const status = await control().status();
    expect(status.phase).toBe('running');
    expect([...status.services, ...status.agents].map(({ name, state }) => `${name} ${state}`)).toEqual([
      'api-1 ready',
      'api-2 ready',
      'scheduler-1 ready',
      'agent-1 ready',
      'agent-2 ready',
    ]);
    expect(await readFile(status.kubeconfig, 'utf8')).toContain(status.endpoint);
    await stack.stop();
    expect(await alive([...status.services, ...status.agents].map(({ pid }) => pid))).toEqual([]);
    await expect(control().status()).rejects.toThrow(NotRunningError);
    expect(await readdir(join(root, 'state', 'run'))).toEqual([]);
  });

  it('grows by an agent while it runs, and has it again after a restart', async () => {
    const stack = build();
    await stack.start();
    expect(await control().addNodes({ names: ['k8s-04', 'k8s-05'] })).toEqual({
      agent: 'agent-3',
      nodes: ['k8s-04', 'k8s-05'],
      again: [],
    });
    await expect(control().addNodes({ names: ['k8s-04'] })).rejects.toThrow('there is a node k8s-04 already');
    expect(await control().addNodes({ names: ['k8s-04'], absent: ['k8s-04'] })).toMatchObject({
      nodes: ['k8s-04'],
      again: [{ name: 'k8s-04' }],
    });
    await expect(control().addNodes({ names: ['Not_A_Name'] })).rejects.toThrow('not a node name');
    const file = JSON.parse(await readFile(join(root, 'state', 'agents', 'agent-3.json'), 'utf8'));
    expect(file.nodes[0]).toMatchObject({ name: 'k8s-04', labels: { 'kubernetes.io/hostname': 'k8s-04' } });
    await stack.stop();

    const again = build();
    await again.start();
    expect((await control().status()).agents.map(({ name, nodes }) => [name, nodes])).toEqual([
      ['agent-1', 3],
      ['agent-2', 3],
      ['agent-3', 2],
    ]);
    await again.stop();

    const fresh = build({ fresh: true, fleet: numberedFleet(10, 3) });
    await fresh.start();
    expect((await control().status()).fleet).toEqual({ kind: 'numbered', nodes: 10 });
  });

  it('kills an agent and leaves it dead until it is asked for again', async () => {
    const stack = build();
    await stack.start();
    await control().stopAgent('agent-2');
    expect((await control().status()).agents[1]).toMatchObject({ name: 'agent-2', state: 'stopped', pid: null });
    await control().startAgent('agent-2');
    await waitUntil(() => stack.status().agents[1]?.state === 'ready', { what: 'agent-2', deadlineMs: 10_000 });
    await expect(control().stopAgent('agent-9')).rejects.toThrow('there is no agent "agent-9"');
  });

  it('refuses to run twice in one directory, and leaves the first alone', async () => {
    const stack = build();
    await stack.start();
    await expect(build().start()).rejects.toThrow(AlreadyRunningError);
    await stacks.pop()?.stop();
    expect((await control().status()).phase).toBe('running');
  });

  it('reports at once that the port is taken', async () => {
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve((other.address() as { port: number }).port)),
    );
    await expect(build({ port }).start()).rejects.toThrow(`Port ${port} is taken`);
    other.close();
  });

  it('can be stopped while it starts', async () => {
    const stack = build({ env: { PATH: process.env.PATH } });
    const failed = expect(stack.start()).rejects.toThrow('stopped before it was up');
    await waitUntil(() => stack.status().detail.includes('NATS'), { what: 'the servers', deadlineMs: 10_000 });
    await stack.stop();
    await failed;
    expect(await readdir(join(root, 'state', 'run'))).toEqual([]);
  });

  it('gives up on a service that dies at every start, with the end of its log', async () => {
    const entry = () => fixture('none.mjs');
    await expect(build({ entry }).start()).rejects.toThrow(
      /did not become ready \(log: .*\.log\):[\s\S]*Cannot find module/,
    );
  });

  it('leaves no process behind when it is killed, and starts again on its state', async () => {
    const child = fork(fileURLToPath(new URL('../fixtures/run-stack.ts', import.meta.url)), [join(root, 'state')], {
      execArgv: ['--conditions', 'everynode-source', '--import', 'tsx'],
    });
    children.push(child);
    const status = await new Promise<StackStatus>((resolve, reject) => {
      child.once('message', (message) => resolve(message as StackStatus));
      child.once('exit', () => reject(new Error('the stack did not start')));
    });
    const state = join(root, 'state');
    const read = async (path: string) => Number((await readFile(join(state, path), 'utf8')).split('\n')[0]);
    const pids = [
      ...[...status.services, ...status.agents].map(({ pid }) => pid),
      await read('postgres/data/postmaster.pid'),
      await read('nats/nats.pid'),
    ];
    expect(await alive(pids)).toHaveLength(pids.length);
    child.kill('SIGKILL');
    await waitUntil(async () => (await alive(pids)).length === 0, { what: 'all to end', deadlineMs: 15_000 });

    const next = build({ env: { PATH: process.env.PATH } });
    await next.start();
    expect((await control().status()).phase).toBe('running');
  });
});
