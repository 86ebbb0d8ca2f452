import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectRaw, type RawClient } from '@everynode/local-stack/testing';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningCommand, startStack, type TestStack } from './stack.js';

const PAUSE = 'registry.k8s.io/pause:3.10';

let stack: TestStack;
let folder: string;
const machines: RunningCommand[] = [];

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '1', '--agents', '1', '--scheduler-replicas', '1']);
  folder = await mkdtemp(join(tmpdir(), 'everynode-machines-'));
}, 180_000);

afterAll(async () => {
  for (const machine of machines) await machine.stop();
  await stack.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** The words by which a machine joins, as `token create` prints them. */
async function joinCommand(...flags: string[]): Promise<string[]> {
  const [, , command = ''] = (await stack.everynode('token', 'create', ...flags)).split('\n');
  return command.split(' ').slice(1);
}

function joins(name: string, command: readonly string[]): RunningCommand {
  const machine = stack.run(...command, '--name', name, '--directory', join(folder, name));
  machines.push(machine);
  return machine;
}

const untilReady = (name: string) =>
  eventually(async () => expect(await stack.kubectl.run(`get node ${name} --no-headers`)).toMatch(/ Ready /), 30_000);

/** A connection to the bus with the credential of a machine. */
async function onTheBus(name: string): Promise<RawClient> {
  const file = (part: string) => join(folder, name, part);
  const url = (await readFile(file('bus.url'), 'utf8')).trim();
  return await connectRaw(url, { credentialsFile: file('bus.creds'), caFile: file('bus-ca.crt') });
}

/** Deletes a node. Returns how long it took until the connection of its machine was closed, in ms. */
async function deleteNode(name: string): Promise<number> {
  const connection = await onTheBus(name);
  const began = performance.now();
  await stack.kubectl.run(`delete node ${name}`);
  await connection.closed;
  const tookMs = performance.now() - began;
  await expect(onTheBus(name)).rejects.toThrow(/authorization/i);
  return tookMs;
}

const DAEMON = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'edge' },
  spec: {
    selector: { matchLabels: { app: 'edge' } },
    template: { metadata: { labels: { app: 'edge' } }, spec: { containers: [{ name: 'c', image: PAUSE }] } },
  },
};

describe('a machine that joins a running cluster', () => {
  it('is a node with one command, runs pods, is out with its node, and joins again with the same token', async () => {
    const { kubectl } = stack;
    const command = await joinCommand('--nodes', 'edge-*');
    const machine = joins('edge-1', command);
    await untilReady('edge-1');
    await kubectl.run('apply -f -', JSON.stringify(DAEMON));
    const podOnEdge = () => kubectl.run('get pods --field-selector=spec.nodeName=edge-1,status.phase=Running -o name');
    await eventually(async () => expect(await podOnEdge()).toMatch(/^pod\/edge-/), 30_000);
    expect(await deleteNode('edge-1')).toBeLessThan(2000);
    expect((await kubectl.try(['get', 'node', 'edge-1'])).stderr).toContain('not found');
    await machine.stop();
    joins('edge-1', [...command, '--startup-taint', 'example.com/edge:NoSchedule']);
    await untilReady('edge-1');
    const taints = () => kubectl.run('get node edge-1 -o jsonpath={.spec.taints[*].key}');
    expect(await taints()).toBe('example.com/edge');
    const required = { ...DAEMON.metadata, annotations: { 'everynode.io/required-at-startup': 'true' } };
    const tolerant = structuredClone(DAEMON.spec);
    Object.assign(tolerant.template.spec, { tolerations: [{ operator: 'Exists' }] });
    await kubectl.run('apply -f -', JSON.stringify({ ...DAEMON, metadata: required, spec: tolerant }));
    await eventually(async () => expect(await podOnEdge()).toMatch(/^pod\/edge-/), 30_000);
    await eventually(async () => expect(await taints()).toBe(''), 30_000);
  }, 120_000);

  it('does not join again with a token for one use', async () => {
    const command = await joinCommand('--nodes', 'once', '--single-use');
    const machine = joins('once', command);
    await untilReady('once');
    expect(await deleteNode('once')).toBeLessThan(2000);
    await machine.stop();
    const { code, printed } = await joins('once', command).ended;
    expect([code, printed]).toEqual([
      1,
      expect.stringContaining('the bootstrap token is for one use, and has been used'),
    ]);
  }, 120_000);

  it('hosts several nodes until it is revoked, says so, and ends with a code of its own', async () => {
    const { kubectl } = stack;
    const names = ['rack-1', 'rack-2'];
    const machine = joins('fleet', [...(await joinCommand('--nodes', 'fleet,rack-*')), '--nodes', names.join(',')]);
    for (const name of names) await untilReady(name);
    const connection = await onTheBus('fleet');
    const began = performance.now();
    await stack.everynode('agent', 'revoke', 'fleet');
    await connection.closed;
    expect(performance.now() - began).toBeLessThan(5000);
    const { code, printed } = await machine.ended;
    expect([code, printed]).toEqual([77, expect.stringContaining('the identity of fleet was revoked')]);
    await expect(onTheBus('fleet')).rejects.toThrow(/authorization/i);
    const identity = ['--kubeconfig', join(folder, 'fleet', 'kubeconfig'), 'get', 'node', 'rack-1'];
    expect((await kubectl.try(identity)).stderr).toMatch(/logged in|Unauthorized/);
    // The nodes stay, for another agent.
    for (const name of names) expect(await kubectl.run(`get node ${name} -o name`)).toContain(name);
    await expect(stack.everynode('agent', 'revoke', 'nothing')).rejects.toThrow(/not found/);
  }, 120_000);
});
