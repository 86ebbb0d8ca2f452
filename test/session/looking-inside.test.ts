import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod } from '@everynode/objects';
import { eventually, inTerminal, type Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCommand, startStack, type TestStack } from './stack.js';

/** What kubectl shows of the inside of pods: simulated ones, and those that are processes of a machine. */
const SLOW = 60_000;
const NODE = 'machine-1';

let stack: TestStack;
let kubectl: Kubectl;
let agent: RunningCommand;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'everynode-machine-'));
  stack = await startStack(['--fresh', '--nodes', '2', '--agents', '1', '--scheduler-replicas', '1']);
  kubectl = stack.kubectl;
  const [, , joining = ''] = (await stack.everynode('token', 'create', '--nodes', NODE)).split('\n');
  const machine = ['--name', NODE, '--directory', join(folder, 'identity'), '--state', join(folder, 'state')];
  agent = stack.run(...joining.split(' ').slice(1), ...machine, '--runtime', 'process', '--image', 'shell:1=/bin/sh');
  await eventually(() => kubectl.run(`wait node ${NODE} --for=condition=Ready --timeout=20s`), SLOW);
  await kubectl.run('apply -f -', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: PODS }));
  await kubectl.run('wait pod --all --for=condition=Ready --timeout=30s');
}, 180_000);

afterAll(async () => {
  await kubectl.run('delete pod --all --timeout=30s');
  await agent.stop();
  await stack.stop();
  rmSync(folder, { recursive: true, force: true });
}, 90_000);

const pod = (name: string, nodeName: string, containers: object[], metadata: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { nodeName, terminationGracePeriodSeconds: 1, containers },
});
const script = (text: string) => ({ name: 'c', image: '/bin/sh', args: ['-c', text] });
const requests = { cpu: '100m', memory: '200Mi' };
const usage = { 'kwok.x-k8s.io/usage-cpu': '250m', 'kwok.x-k8s.io/usage-memory': '64Mi' };

const PODS = [
  pod('asks', 'node-00001', [{ name: 'c', image: 'i:1', resources: { requests } }], { labels: { app: 'simulated' } }),
  pod(
    'says',
    'node-00002',
    [
      { name: 'a', image: 'i:1' },
      { name: 'b', image: 'i:1' },
    ],
    { labels: { app: 'simulated' }, annotations: usage },
  ),
  pod('busy', NODE, [script('while :; do :; done')]),
  pod('idle', NODE, [script('exec sleep 1000')]),
];

const top = (command: string) => kubectl.table(`top ${command}`);
const millis = (row: Record<string, string> | undefined) => Number(row?.['CPU(cores)']?.replace('m', ''));

describe('kubectl exec -it', () => {
  it('gives a command in a process container a terminal of the size of the own one', { timeout: SLOW }, async () => {
    const command = `stty rows 41 cols 101; ${kubectl.path} exec -it idle -- sh -c 'read a; stty size; echo "$a"; exit 3'`;
    const shown = await inTerminal(command, 'typed\r', { KUBECONFIG: kubectl.kubeconfig });
    expect(shown).toContain('41 101\r\ntyped\r\n');
    expect(shown).toContain('command terminated with exit code 3');
    expect(shown).toMatch(/code 3$/);
  });
});

describe('kubectl debug', () => {
  it('runs a container beside those of a pod, whose log is read', { timeout: SLOW }, async () => {
    await kubectl.run(['debug', 'idle', '--image=shell:1', '-c', 'inside', '--', 'sh', '-c', 'echo inside; exit 4']);
    await eventually(async () => expect(await kubectl.run('logs idle -c inside')).toBe('inside'));
    await eventually(async () =>
      expect(await kubectl.json<Pod>('get pod idle')).toMatchObject({
        status: {
          phase: 'Running',
          ephemeralContainerStatuses: expect.arrayContaining([
            expect.objectContaining({
              name: 'inside',
              state: { terminated: expect.objectContaining({ exitCode: 4 }) },
            }),
          ]),
        },
      }),
    );
  });

  it('says what such a container cannot have', { timeout: SLOW }, async () => {
    await kubectl.run(['debug', 'idle', '--image=shell:1', '-c', 'typed', '-i', '--attach=false', '--', 'sh']);
    const words = 'the process runtime does not support spec.ephemeralContainers[].stdin';
    await eventually(async () => expect(await kubectl.run('describe pod idle')).toContain(words));
    const { status } = await kubectl.json<Pod>('get pod idle');
    expect(status).toMatchObject({ phase: 'Running', containerStatuses: [{ ready: true }] });
  });

  it('of a node makes a pod that mounts what this node allows', { timeout: SLOW }, async () => {
    await kubectl.run(['debug', `node/${NODE}`, '--image=shell:1', '--profile=general', '--', 'sh', '-c', 'echo x']);
    await eventually(async () =>
      expect(await kubectl.run('describe pods')).toContain('hostPath / is not below a folder that this node allows'),
    );
  });
});

describe('kubectl top', () => {
  it('shows what simulated pods say, or what they request', { timeout: SLOW }, async () => {
    expect(await top('pods -l app=simulated')).toEqual([
      { NAME: 'asks', 'CPU(cores)': '100m', 'MEMORY(bytes)': '200Mi' },
      { NAME: 'says', 'CPU(cores)': '500m', 'MEMORY(bytes)': '128Mi' },
    ]);
    expect(await top('pod says --containers')).toEqual(
      ['a', 'b'].map((NAME) => ({ POD: 'says', NAME, 'CPU(cores)': '250m', 'MEMORY(bytes)': '64Mi' })),
    );
    expect((await top('pods -l app=simulated --sort-by=cpu')).map(({ NAME }) => NAME)).toEqual(['says', 'asks']);
    expect((await top('pods -A -l app=simulated'))[0]).toMatchObject({ NAMESPACE: 'default', NAME: 'asks' });
  });

  it('shows what the processes of a machine use', { timeout: SLOW }, async () => {
    const rows = await top('pods');
    const [busy, idle] = ['busy', 'idle'].map((name) => rows.find(({ NAME }) => NAME === name));
    expect(millis(busy)).toBeGreaterThan(50);
    expect(millis(idle)).toBeLessThan(20);
  });

  it('shows nodes: the sum of what is simulated, and the machine', { timeout: SLOW }, async () => {
    const rows = await top('nodes --sort-by=cpu');
    expect(rows.map(({ NAME }) => NAME).sort()).toEqual([NODE, 'node-00001', 'node-00002']);
    expect(rows.find(({ NAME }) => NAME === 'node-00002')).toMatchObject({
      'CPU(cores)': '500m',
      'MEMORY(bytes)': '128Mi',
    });
    expect(millis(rows.find(({ NAME }) => NAME === NODE))).toBeGreaterThan(50);
  });

  it('says what is not there', { timeout: SLOW }, async () => {
    expect(await kubectl.try('top pod absent')).toMatchObject({
      stderr: 'Error from server (NotFound): pods "absent" not found',
    });
    expect((await kubectl.run('get pods.metrics.k8s.io says --no-headers')).split(/ +/)).toEqual([
      'says',
      '500m',
      '128Mi',
      '15s',
    ]);
  });
});
