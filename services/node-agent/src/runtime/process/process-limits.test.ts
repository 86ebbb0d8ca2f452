import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findShim } from '@everynode/container-shim';
import type { AssignedPod } from '@everynode/kubelet';
import { eventually } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXEC, reached, textOf } from '../../../fixtures/client.js';
import { ProcessMachine, scriptPod } from '../../../fixtures/process-machine.js';

const programs = mkdtempSync(join(tmpdir(), 'everynode-shim-'));
let shim: string;
let machine: ProcessMachine;

beforeAll(() => {
  shim = findShim({ named: undefined, cache: programs });
});

beforeEach(() => {
  machine = new ProcessMachine(shim);
});

afterAll(() => rmSync(programs, { recursive: true, force: true }));

afterEach(() => machine.close());

const limited = (limits: Record<string, string>) => ({ resources: { limits, requests: limits } });

/** The folders of cgroups that have to do with a pod. */
const cgroupsOf = ({ metadata }: AssignedPod): string[] =>
  execFileSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', `${metadata.uid}.*`], { encoding: 'utf8' })
    .split('\n')
    .filter(Boolean);

/** Grows without end: a line that never ends is kept in memory. */
const HOG = 'exec tail /dev/zero';

describe('a process with limits', () => {
  it('is killed at its limit of memory, shown as OOMKilled, and started again with a back-off', async () => {
    const pod = scriptPod(HOG, limited({ memory: '200Mi' }));
    machine.start(pod);
    await eventually(() => expect(machine.mainStatus?.state?.waiting?.reason).toBe('CrashLoopBackOff'), 30_000);
    expect(machine.mainStatus).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
    });
    expect(machine.events.join('\n')).not.toContain('LimitsNotEnforced');
    expect(cgroupsOf(pod)).toEqual([]);
  });

  it('is not OOMKilled when it is killed for something else', async () => {
    machine.start(scriptPod('kill -9 $$$$', limited({ memory: '200Mi' }), { hostPID: true }));
    await eventually(() => expect(machine.mainStatus?.lastState?.terminated).toBeDefined());
    expect(machine.mainStatus?.lastState?.terminated).toMatchObject({ exitCode: 137, reason: 'Error' });
  });

  it('has no more of a processor than its limit, and its use is known', async () => {
    const pod = scriptPod('while :; do :; done', limited({ cpu: '200m', memory: '50Mi' }));
    machine.start(pod);
    await machine.untilRunning();
    const use = () => machine.usageOf(pod);
    const begin = use();
    const beginMs = performance.now();
    await eventually(() => expect((use()?.cpuNanoseconds ?? 0) - (begin?.cpuNanoseconds ?? 0)).toBeGreaterThan(2e8));
    // 200 ms of a processor take a second at a fifth of one; half of it is for the burst of a period that had begun.
    expect(performance.now() - beginMs).toBeGreaterThan(500);
    expect(use()?.workingSetBytes).toBeGreaterThan(0);
    expect(use()?.workingSetBytes).toBeLessThan(50 << 20);
  });

  it('has the limits that its pod is given while it runs, higher and lower', async () => {
    const pod = scriptPod('exec sleep 1000', limited({ memory: '100Mi' }));
    machine.start(pod);
    await machine.untilRunning();
    const limit = () => {
      const folder = cgroupsOf(pod).find((one) => one.includes('/memory/')) ?? cgroupsOf(pod)[0] ?? '';
      const file = ['memory.max', 'memory.limit_in_bytes'].map((name) => join(folder, name)).find(existsSync);
      return Number(readFileSync(file ?? '', 'utf8'));
    };
    expect(limit()).toBe(100 << 20);
    for (const [generation, memory] of ['300Mi', '60Mi', '80Mi'].entries()) {
      // The last one comes while no agent runs.
      if (memory === '80Mi') machine.stop();
      const changed = structuredClone(pod);
      changed.metadata.generation = generation + 2;
      Object.assign(changed.spec.containers[0] ?? {}, limited({ memory }));
      machine.start(changed);
      await eventually(() => expect(limit()).toBe(Number.parseInt(memory, 10) << 20));
    }
    expect(machine.mainStatus?.restartCount).toBe(0);
  });

  it('shares them with the commands that run beside it', async () => {
    const pod = scriptPod('exec sleep 1000', limited({ memory: '60Mi' }));
    machine.start(pod);
    await machine.untilRunning();
    machine.restart();
    const io = await machine.runtime.streams.exec(reached(pod), { ...EXEC, command: ['tail', '/dev/zero'] });
    await Promise.all([textOf(io.stdout), textOf(io.stderr)]);
    expect(await io.exited).toBe(137);
  });

  it.each([
    ['ends', () => undefined],
    ['loses its shim to a kill', (pod: AssignedPod) => machine.killShim(pod)],
    ['outlives its agent, and is removed by the next one', () => machine.restart()],
  ])('leaves no cgroup and no process behind when it %s', async (_what, happens) => {
    const pod = scriptPod(
      'setsid sh -c "trap : TERM; while :; do sleep 1; done" & exec sleep 1000',
      limited({ memory: '60Mi' }),
      { hostPID: true },
    );
    machine.start(pod);
    await machine.untilRunning();
    expect(cgroupsOf(pod).length).toBeGreaterThan(0);
    const members = readFileSync(join(cgroupsOf(pod)[0] ?? '', 'cgroup.procs'), 'utf8')
      .split('\n')
      .filter(Boolean);
    expect(members.length).toBeGreaterThanOrEqual(2);
    happens(pod);
    machine.runtime.stop(pod.metadata.uid, 0);
    await eventually(() => expect(cgroupsOf(pod)).toEqual([]));
    await eventually(() => expect(members.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]));
  });
});

it('an agent that begins ends what is in cgroups of its pods whose runs are gone, and in no others', async () => {
  const pod = scriptPod('exec sleep 1000', limited({ memory: '60Mi' }));
  machine.start(pod);
  await machine.untilRunning();
  const own = cgroupsOf(pod);
  machine.stop();
  const beside = (name: string) => own.map((folder) => join(dirname(folder), name));
  const [lost, foreign] = [beside(`${pod.metadata.uid}.main.7`), beside('another-agents-pod.main.7')];
  const processes = [lost, foreign].map((folders) => {
    const child = spawn('sleep', ['1000'], { stdio: 'ignore' });
    for (const folder of folders) {
      mkdirSync(folder);
      writeFileSync(join(folder, 'cgroup.procs'), String(child.pid));
    }
    return child;
  });
  machine.restart();
  await eventually(() => expect(lost.filter((folder) => existsSync(folder))).toEqual([]));
  await eventually(() => expect(processes.map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', null]));
  expect(cgroupsOf(pod)).toEqual(own);
  expect(machine.mainStatus).toMatchObject({ restartCount: 0, state: { running: expect.anything() } });
  processes[1]?.kill('SIGKILL');
  await eventually(() => {
    for (const folder of foreign) if (existsSync(folder)) rmdirSync(folder);
  });
});

it('a process without cgroups runs, and its pod says which limits nothing enforces', async () => {
  machine.hasCgroups = false;
  const pod = scriptPod('exec sleep 1000', limited({ cpu: '1', memory: '60Mi' }));
  machine.start(pod);
  await machine.untilRunning();
  const words = 'resources.limits.cpu of container main, resources.limits.memory of container main';
  expect(machine.events).toContain(`LimitsNotEnforced: This node cannot enforce ${words}`);
  expect(cgroupsOf(pod)).toEqual([]);
});
