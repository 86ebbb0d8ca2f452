import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sendSignal } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { makePrivateDirectory } from '../state/private-files.js';
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

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-door-'));
    const [logsDir, runDir] = [join(root, 'logs'), join(root, 'run')];
    await Promise.all([makePrivateDirectory(logsDir), makePrivateDirectory(runDir)]);
    replicas = ['api-1', 'api-2'].map((name): ServiceProcess => {
      const onExit = () => door.replicaGone(replica);
      const replica: ServiceProcess = new ServiceProcess({ name, entry, env: {}, logsDir, runDir, onExit });
      return replica;
    });
    door = new FrontDoor(() => replicas);
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

  it('closes connections while no replica is ready', async () => {
    expect(await ask(port)).toBe('');
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
