import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DaemonSet, Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCommand, startStack, type TestStack } from './stack.js';

const NODE = 'machine-1';
const SLOW = 120_000;

let stack: TestStack;
let folder: string;
let command: string[];
const agents: RunningCommand[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'everynode-machine-'));
  mkdirSync(join(folder, 'shared'));
  stack = await startStack(['--fresh', '--nodes', '1', '--agents', '1', '--scheduler-replicas', '1']);
  const [, , joining = ''] = (await stack.everynode('token', 'create', '--nodes', NODE)).split('\n');
  const machine = ['--name', NODE, '--directory', join(folder, 'identity'), '--state', join(folder, 'state')];
  command = [...joining.split(' ').slice(1), ...machine, '--runtime', 'process', '--host-root', folder];
}, 180_000);

afterEach(async () => {
  await stack.kubectl.run('delete ds --all --ignore-not-found');
});

afterAll(async () => {
  for (const agent of agents) await agent.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}, 90_000);

function begin(...flags: string[]): RunningCommand {
  const agent = stack.run(...command, ...flags);
  agents.push(agent);
  return agent;
}

/** A daemon that writes its PID, as the machine sees it, and then runs until it is asked to end. */
function daemon(name: string, end: string): DaemonSet {
  const script = `echo $$$$ > /shared/${name}; trap '${end}' TERM; while :; do sleep 0.1; done`;
  const container = {
    name: 'c',
    image: '/bin/sh',
    args: ['-c', script],
    volumeMounts: [{ name: 'shared', mountPath: '/shared' }],
  };
  const volumes = [{ name: 'shared', hostPath: { path: join(folder, 'shared') } }];
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { nodeSelector: { 'kubernetes.io/hostname': NODE }, hostPID: true, containers: [container], volumes },
      },
    },
  };
}

async function podOf(name: string): Promise<Pod | undefined> {
  const { items } = JSON.parse(await stack.kubectl.run(`get pods -l app=${name} -o json`)) as { items: Pod[] };
  return items[0];
}

/** The container of a daemon once it runs: its PID, and its status. */
async function running(name: string) {
  return eventually(async () => {
    const status = (await podOf(name))?.status?.containerStatuses?.[0];
    expect(status?.state?.running).toBeDefined();
    return { pid: Number(readFileSync(join(folder, 'shared', name), 'utf8')), status };
  }, 60_000);
}

const lives = (pid: number) => existsSync(`/proc/${pid}`);
const untilReady = () =>
  eventually(() => stack.kubectl.run(`wait node ${NODE} --for=condition=Ready --timeout=10s`), 60_000);

describe('the agent of a machine', { timeout: SLOW }, () => {
  it('ends with 0 at SIGTERM and at once at a kill, and the next one finds its containers as they are', async () => {
    const first = begin();
    await untilReady();
    await stack.kubectl.run('apply -f -', JSON.stringify(daemon('stays', 'exit 0')));
    const before = await running('stays');
    process.kill(first.pid, 'SIGTERM');
    expect((await first.ended).code).toBe(0);
    const second = begin();
    await eventually(async () => expect(await stack.kubectl.run('exec ds/stays -- echo here')).toBe('here'), 60_000);
    process.kill(second.pid, 'SIGKILL');
    await second.ended;
    expect(lives(before.pid)).toBe(true);
    begin();
    await eventually(async () => expect(await stack.kubectl.run('exec ds/stays -- echo here')).toBe('here'), 60_000);
    const after = await running('stays');
    expect(after.pid).toBe(before.pid);
    expect(after.status).toMatchObject({ containerID: before.status?.containerID, restartCount: 0 });
  });

  it('ends on its return what was deleted while it was away', async () => {
    await stack.kubectl.run('apply -f -', JSON.stringify(daemon('goes', 'exit 0')));
    const { pid } = await running('goes');
    const agent = agents.at(-1);
    process.kill(agent?.pid ?? Number.NaN, 'SIGKILL');
    await agent?.ended;
    await stack.kubectl.run('delete ds goes --wait=false');
    expect(lives(pid)).toBe(true);
    begin();
    await eventually(async () => {
      expect(lives(pid)).toBe(false);
      expect(await podOf('goes')).toBeUndefined();
    }, 60_000);
  });

  it('ends its pods first with --drain', async () => {
    const agent = agents.at(-1);
    await agent?.stop();
    const drained = begin('--drain');
    await untilReady();
    await stack.kubectl.run(
      'apply -f -',
      JSON.stringify(daemon('drains', 'sleep 2; echo done > /shared/drained; exit 0')),
    );
    const { pid } = await running('drains');
    process.kill(drained.pid, 'SIGTERM');
    await eventually(async () => {
      const ready = 'jsonpath={.status.conditions[?(@.type=="GracefulNodeShutdownInProgress")].status}';
      expect(await stack.kubectl.try(['get', 'node', NODE, '-o', ready])).toMatchObject({ stdout: 'True' });
    }, 30_000);
    expect((await drained.ended).code).toBe(0);
    expect([lives(pid), existsSync(join(folder, 'shared', 'drained'))]).toEqual([false, true]);
    expect(await podOf('drains')).toMatchObject({ status: { phase: 'Failed', reason: 'Terminated' } });
  });

  it('ends with 77 when its identity is revoked', async () => {
    const agent = begin();
    await untilReady();
    await stack.everynode('agent', 'revoke', NODE);
    expect((await agent.ended).code).toBe(77);
  });
});
