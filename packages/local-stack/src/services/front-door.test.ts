import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makePrivateDirectory } from '@everynode/service-shell/private-files';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendSignal } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { FrontDoor } from './front-door.js';
import { ServiceProcess } from './service-process.js';

const entry = fileURLToPath(new URL('../../fixtures/stub-service.mjs', import.meta.url));

/** Sends a line and returns what comes back until the other side closes; '' when it sends nothing. */
function ask(port: number, line = 'hello'): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(line));
    socket.on('data', (bytes) => {
      text += String(bytes);
    });
    // A reset is a close, too.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text));
  });
}

describe('FrontDoor', { timeout: 30_000 }, () => {
  let root: string;
  let replicas: ServiceProcess[];
  let door: FrontDoor;
  let port: number;
  const refuse = (socket: Socket) => socket.end('refused');

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-door-'));
    const [logsDir, runDir] = [join(root, 'logs'), join(root, 'run')];
    await Promise.all([makePrivateDirectory(logsDir), makePrivateDirectory(runDir)]);
    replicas = ['api-1', 'api-2'].map((name): ServiceProcess => {
      const onExit = () => door.replicaGone(replica);
      const onServing = () => door.replicaServes();
      const replica: ServiceProcess = new ServiceProcess({ name, entry, env: {}, logsDir, runDir, onExit, onServing });
      return replica;
    });
    door = new FrontDoor({ replicas: () => replicas, refuse: (socket) => refuse(socket) });
    port = await door.listen(0);
  });
  afterEach(async () => {
    door.close();
    await Promise.all(replicas.map((replica) => replica.stop()));
    await rm(root, { recursive: true, force: true });
  });
  const startAll = () =>
    Promise.all(
      replicas.map(async (replica) => {
        await replica.start();
        await replica.untilReady(10_000);
      }),
    );

  it('stops listening at once, and leaves open what it handed over', async () => {
    await startAll();
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    await waitUntil(() => door.underway === 0, { what: 'the hand-over', deadlineMs: 5000 });
    door.close();
    expect(await ask(port)).toBe('');
    socket.write('still there?');
    expect(String((await once(socket, 'data'))[0])).toMatch(/^api-/);
  });

  it('refuses a connection when no replica has begun to serve within the wait, and those beyond the bound at once', async () => {
    const small = new FrontDoor({ replicas: () => replicas, refuse, waitMs: 300, maxWaiting: 2 });
    const door = await small.listen(0);
    const began = performance.now();
    const waiting = [ask(door), ask(door)];
    await waitUntil(() => small.waiting === 2, { what: 'both to wait', deadlineMs: 5000 });
    expect(await ask(door)).toBe('refused');
    expect(small.waiting).toBe(2);
    expect(await Promise.all(waiting)).toEqual(['refused', 'refused']);
    expect(performance.now() - began).toBeGreaterThan(290);
    small.close();
  });

  it('keeps connections for a replica that starts meanwhile', async () => {
    const asked = [ask(port), ask(port), ask(port)];
    await waitUntil(() => door.waiting === 3, { what: 'all to wait', deadlineMs: 5000 });
    await startAll();
    expect((await Promise.all(asked)).every((answer) => answer.startsWith('api-'))).toBe(true);
    expect(door.waiting).toBe(0);
  });

  it('closes what waits when it is closed', async () => {
    const asked = ask(port);
    await waitUntil(() => door.waiting === 1, { what: 'it to wait', deadlineMs: 5000 });
    door.close();
    expect(await asked).toBe('');
  });

  it('fails open: with no replica ready, those that answer get the connections', async () => {
    await startAll();
    await ask(port, 'unready');
    await waitUntil(() => replicas[0]?.ready !== replicas[1]?.ready, { what: 'one not ready', deadlineMs: 5000 });
    const left = replicas.find((replica) => replica.ready)?.name;
    expect(await Promise.all([ask(port), ask(port)])).toEqual([left, left]);
    await ask(port, 'unready');
    await waitUntil(() => replicas.every((replica) => !replica.ready), { what: 'none ready', deadlineMs: 5000 });
    expect(new Set([await ask(port), await ask(port)])).toEqual(new Set(['api-1', 'api-2']));
  });

  it('deals again what was queued for a replica that does not answer any more, and uses it when it does', async () => {
    await startAll();
    const pid = replicas[0]?.status().pid ?? 0;
    sendSignal(pid, 'SIGSTOP');
    try {
      const asked = Array.from({ length: 20 }, () => ask(port));
      const settled = { count: 0 };
      for (const answer of asked) void answer.then(() => (settled.count += 1));
      await waitUntil(() => replicas[0]?.status().state === 'silent', { what: 'the silence', deadlineMs: 10_000 });
      // The one whose handle was on its way waits with the process.
      await waitUntil(() => settled.count >= 19, { what: 'the others to be served', deadlineMs: 5000 });
      expect(await Promise.all([ask(port), ask(port)])).toEqual(['api-2', 'api-2']);
    } finally {
      sendSignal(pid, 'SIGCONT');
    }
    await replicas[0]?.untilReady(10_000);
    expect(new Set([await ask(port), await ask(port)])).toEqual(new Set(['api-1', 'api-2']));
  });

  it('deals connections to the replicas in turn', async () => {
    await startAll();
    const answers: string[] = [];
    for (let count = 0; count < 6; count += 1) answers.push(await ask(port));
    expect(answers.filter((answer) => answer === 'api-1')).toHaveLength(3);
    expect(answers.filter((answer) => answer === 'api-2')).toHaveLength(3);
  });

  it('skips a replica that died, and deals to it again when it is back', async () => {
    await startAll();
    const first = replicas[0]?.status().pid ?? 0;
    sendSignal(first, 'SIGKILL');
    await waitUntil(() => replicas[0]?.ready === false, { what: 'the death to be noticed', deadlineMs: 5000 });
    const during = await Promise.all(Array.from({ length: 20 }, () => ask(port)));
    // It may be back before the last of them.
    expect(during.every((answer) => answer === 'api-1' || answer === 'api-2')).toBe(true);
    await replicas[0]?.untilReady(10_000);
    expect(replicas[0]?.status()).toMatchObject({ restarts: 1, state: 'ready' });
    expect(replicas[0]?.status().pid).not.toBe(first);
    expect(new Set([await ask(port), await ask(port)])).toEqual(new Set(['api-1', 'api-2']));
  });

  it('deals nothing to a replica that says that it stops', async () => {
    await startAll();
    const pid = replicas[0]?.status().pid ?? 0;
    const answers: string[] = [];
    const clients = Array.from({ length: 8 }, async () => {
      while (replicas[0]?.status().restarts === 0) answers.push(await ask(port));
    });
    await waitUntil(() => answers.length > 20, { what: 'the clients to be served', deadlineMs: 5000 });
    sendSignal(pid, 'SIGTERM');
    await Promise.all(clients);
    expect(answers.filter((answer) => !answer.startsWith('api-'))).toEqual([]);
  });

  it('deals connections again that were queued for a replica when it died', async () => {
    await startAll();
    const pid = replicas[0]?.status().pid ?? 0;
    // It looks ready, but receives nothing any more.
    sendSignal(pid, 'SIGSTOP');
    const asked = Promise.all(Array.from({ length: 20 }, () => ask(port)));
    await waitUntil(() => door.underway > 0, { what: 'connections to be queued', deadlineMs: 5000 });
    sendSignal(pid, 'SIGKILL');
    const answers = await asked;
    // The one whose handle was on its way is lost with the process; all that waited behind it are served.
    expect(answers.filter((answer) => answer === '').length).toBeLessThanOrEqual(1);
  });
});
