import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

const fixture = fileURLToPath(new URL('../fixtures/stopping-service.ts', import.meta.url));
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});

interface RunningService {
  child: ChildProcess;
  healthPort: number;
  /** Resolves when the process has ended, with its exit code and what it has reported. */
  ended: Promise<{ code: unknown; steps: string[] }>;
}

/** `dismisses`: it is answered when it says that it stops, as the supervisor of the local stack does. */
async function startService(mode: string, dismisses = true): Promise<RunningService> {
  const execArgv = ['--conditions', 'everynode-source', '--import', 'tsx'];
  const child = fork(fixture, [mode], { execArgv, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  started.push(child);
  if (!child.stdout) throw new Error('the service has no stdout');
  child.on('message', (message: { type: string }) => {
    if (message.type === 'stopping' && dismisses) child.send({ type: 'dismissed' });
  });
  const ended = Promise.all([once(child, 'exit'), text(child.stdout)]).then(([[code], written]) => ({
    code: code as unknown,
    steps: written.split('\n').slice(0, -1),
  }));
  const healthPort = await new Promise<number>((resolve, reject) => {
    child.once('message', (message: { type: string; healthPort: number }) => resolve(message.healthPort));
    child.once('exit', (code) => reject(new Error(`the service ended with ${code} before it had started`)));
  });
  return { child, healthPort, ended };
}

const IN_REVERSE = ['settled', 'aborted', 'last opened, first closed', 'second', 'first opened, last closed'];

describe('runService', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('aborts the signal on %s, then closes in reverse order', async (signal) => {
    const { child, ended } = await startService('plain');
    child.kill(signal);
    expect(await ended).toEqual({ code: 0, steps: IN_REVERSE });
  });

  it('takes two signals that come at once for one, as Ctrl-C below npm brings them', async () => {
    const { child, ended } = await startService('plain', false);
    child.kill('SIGINT');
    // It has begun to stop, and waits for its supervisor.
    await once(child, 'message');
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 0, steps: IN_REVERSE });
  });

  it('ends at once when it is asked again later', async () => {
    const { child, ended } = await startService('settles');
    const asking = setInterval(() => child.kill('SIGINT'), 100);
    expect(await ended).toEqual({ code: 1, steps: [] });
    clearInterval(asking);
  });

  it('tells its supervisor that it stops, and goes on until it is dismissed', async () => {
    const { child, ended, healthPort } = await startService('plain', false);
    const told = once(child, 'message');
    child.kill('SIGTERM');
    expect((await told)[0]).toEqual({ type: 'stopping' });
    expect((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status).toBe(200);
    child.send({ type: 'dismissed' });
    expect(await ended).toEqual({ code: 0, steps: IN_REVERSE });
  });

  it('stops without an answer of its supervisor, too', async () => {
    const { child, ended } = await startService('plain', false);
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, steps: IN_REVERSE });
  });

  it('stops when its supervisor is gone', async () => {
    const { child, ended } = await startService('plain');
    child.disconnect();
    expect(await ended).toEqual({ code: 0, steps: IN_REVERSE });
  });

  it('closes after an error that nothing caught, and ends with 1', async () => {
    const { ended } = await startService('throws');
    expect(await ended).toEqual({ code: 1, steps: IN_REVERSE });
  });

  it('goes on closing when something cannot be closed', async () => {
    const { child, ended } = await startService('fails');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 0, steps: IN_REVERSE.filter((step) => step !== 'second') });
  });

  it('ends after the deadline when something does not close', async () => {
    const { child, ended } = await startService('hangs');
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: 1, steps: ['settled', 'aborted', 'last opened, first closed'] });
  });

  it('serves readiness with the reason of each condition, liveness, metrics, and what the service shows', async () => {
    const { child, healthPort, ended } = await startService('unready');
    const get = (path: string) => fetch(`http://127.0.0.1:${healthPort}${path}`);
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.text()).toMatch(
      /^\[\+\]start ok\n\[-\]store failed: the store is away \(since [\dT:.-]+Z\)\nreadyz check failed\n$/,
    );
    expect((await get('/livez')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toContain('process_cpu_seconds_total');
    expect(await (await get('/pods')).json()).toEqual({ pods: 2 });
    expect((await get('/other')).status).toBe(404);
    child.kill('SIGTERM');
    await ended;
  });
});
