import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findShim } from '@everynode/container-shim';
import { type AssignedPod, parseEvictionThresholds } from '@everynode/kubelet';
import { systemClock } from '@everynode/pod-runtime';
import { eventually, testLog } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ProcessMachine, scriptPod } from '../../fixtures/process-machine.js';
import { Evictions } from './evictions.js';
import { MachineNode } from './machine-node.js';
import { readObservations } from './readings.js';

const programs = mkdtempSync(join(tmpdir(), 'everynode-shim-'));
let shim: string;
let machine: ProcessMachine;
let node: MachineNode;

beforeAll(() => {
  shim = findShim({ named: undefined, cache: programs });
});

beforeEach(() => {
  machine = new ProcessMachine(shim);
  node = new MachineNode('machine-1', systemClock);
});

afterEach(() => machine.close());

afterAll(() => rmSync(programs, { recursive: true, force: true }));

/** Evictions on this machine as it is, by these thresholds. */
function evictionsBy(thresholds: string, transitionMs = 300_000): Evictions {
  return new Evictions({
    node,
    runtime: machine.runtime,
    thresholds: parseEvictionThresholds(thresholds),
    transitionMs,
    read: () => readObservations({ stateFolder: machine.state, imageFolder: undefined, proc: '/proc' }),
    clock: systemClock,
    log: testLog(),
    signal: new AbortController().signal,
  });
}

const conditionsOf = () =>
  Object.fromEntries((node.status(machine.node).conditions ?? []).map(({ type, status }) => [type, status]));

const isRunning = (pod: AssignedPod) => eventually(() => expect(machine.mainOf(pod)?.state?.running).toBeDefined());

/** A folder that is a disk of 16 MiB, until the test is over. */
function smallDisk(): string {
  const folder = mkdtempSync(join(tmpdir(), 'everynode-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', folder]);
  onTestFinished(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

/** Holds so many MiB of memory: the script has a text of that length. */
const HOLDS_40_MIB = 'x=$(head -c 41943040 /dev/zero | tr "\\0" x); echo ready; while :; do sleep 1; done';

describe('a machine that is short of memory', () => {
  it('evicts the pod that uses most above its request, spares critical ones, and says why', async () => {
    const small = scriptPod('exec sleep 1000');
    const large = scriptPod(HOLDS_40_MIB, { resources: { requests: { memory: '1Mi' } } });
    const critical = scriptPod(HOLDS_40_MIB, {}, { priority: 2_000_001_000 });
    for (const pod of [small, large, critical]) machine.start(pod);
    await isRunning(small);
    await eventually(() => expect([machine.logOf(large), machine.logOf(critical)]).toEqual([['ready'], ['ready']]));
    // More than any machine has left.
    const evictions = evictionsBy('memory.available<1000Ti');
    expect(await evictions.look()).toBe(large.metadata.uid);
    expect(conditionsOf()).toMatchObject({ MemoryPressure: 'True', DiskPressure: 'False', Ready: 'True' });
    expect(node.takeOccurrences().map(({ type, reason, message }) => [type, reason, message])).toEqual([
      ['Normal', 'NodeHasInsufficientMemory', 'Node machine-1 status is now: NodeHasInsufficientMemory'],
      ['Warning', 'EvictionThresholdMet', 'Attempting to reclaim memory'],
    ]);
    await eventually(() => expect(machine.statusOf(large)?.phase).toBe('Failed'));
    const words =
      /^The node was low on resource: memory\. Threshold quantity: 1000Ti, available: \d+Ki\. Container main was using \d+Ki, request is 1Mi, has larger consumption of memory\. $/;
    expect(machine.statusOf(large)).toMatchObject({ reason: 'Evicted', message: expect.stringMatching(words) });
    expect(machine.events.filter((event) => event.startsWith('Evicted'))).toEqual([
      expect.stringMatching(/low on resource/),
    ]);
    // What is evicted next is the small one; a critical pod is never.
    expect(await evictions.look()).toBe(small.metadata.uid);
    await eventually(() => expect(machine.statusOf(small)?.phase).toBe('Failed'));
    expect(await evictions.look()).toBeUndefined();
    expect(machine.statusOf(critical)?.phase).toBe('Running');
  });

  it('counts what the program of a container has left behind', async () => {
    const small = scriptPod('exec sleep 1000');
    const escaped = scriptPod(
      `(setsid sh -c '${HOLDS_40_MIB}' &); exec sleep 1000`,
      { resources: { requests: { memory: '10Mi' } } },
      { hostPID: true },
    );
    for (const pod of [small, escaped]) machine.start(pod);
    await isRunning(small);
    await eventually(() => expect(machine.logOf(escaped)).toEqual(['ready']));
    expect(await evictionsBy('memory.available<1000Ti').look()).toBe(escaped.metadata.uid);
  });

  it('admits no pod that requests nothing while it is so, and one that does', async () => {
    machine.refusalOf = (pod) => node.refusalOf(pod);
    node.setPressure(['MemoryPressure']);
    const [refused, admitted] = [
      scriptPod('exec sleep 1000'),
      scriptPod('exec sleep 1000', { resources: { requests: { memory: '1Mi' } } }),
    ];
    machine.start(refused);
    machine.start(admitted);
    await isRunning(admitted);
    expect(machine.statusOf(refused)).toMatchObject({
      phase: 'Failed',
      reason: 'Evicted',
      message: 'Pod was rejected: The node had condition: [MemoryPressure]. ',
    });
  });
});

describe('a machine whose disk is full', () => {
  it('evicts the pod that has filled it, and is well again after the transition period', async () => {
    machine.state = smallDisk();
    const scratch = { volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }] };
    const volumes = { volumes: [{ name: 'scratch', emptyDir: {} }] };
    const writes = (mebibytes: number) =>
      scriptPod(`head -c ${mebibytes}M /dev/zero > /scratch/file; echo ready; exec sleep 1000`, scratch, volumes);
    const [little, much] = [writes(1), writes(13)];
    machine.start(little);
    machine.start(much);
    await eventually(() => expect([machine.logOf(little), machine.logOf(much)]).toEqual([['ready'], ['ready']]));
    const evictions = evictionsBy('nodefs.available<20%,nodefs.inodesFree<5%', 300);
    expect(await evictions.look()).toBe(much.metadata.uid);
    expect(conditionsOf()).toMatchObject({ DiskPressure: 'True', MemoryPressure: 'False' });
    await eventually(() => expect(machine.statusOf(much)).toMatchObject({ phase: 'Failed', reason: 'Evicted' }));
    expect(machine.statusOf(much)?.message).toMatch(
      /^The node was low on resource: ephemeral-storage\. Threshold quantity: \d+, available: \d+Ki\. /,
    );
    expect(machine.statusOf(little)?.phase).toBe('Running');
    // A failed pod is kept until it is deleted, with its files.
    machine.runtime.forget(much.metadata.uid);
    await eventually(async () => {
      expect(await evictions.look()).toBeUndefined();
      expect(conditionsOf()).toMatchObject({ DiskPressure: 'False' });
    });
  });
});

describe('what a machine says of itself', () => {
  it('has figures for all signals', async () => {
    const observed = await readObservations({ stateFolder: '/tmp', imageFolder: '/proc', proc: '/proc' });
    for (const signal of [
      'memory.available',
      'nodefs.available',
      'nodefs.inodesFree',
      'imagefs.available',
      'pid.available',
    ]) {
      const { available = Number.NaN, capacity = Number.NaN } = observed[signal as keyof typeof observed] ?? {};
      expect([signal, available >= 0 && available <= capacity]).toEqual([signal, true]);
    }
  });

  it('has no inodes of a file system that names no number of them', async () => {
    const observed = await readObservations({ stateFolder: '/proc', imageFolder: undefined, proc: '/proc' });
    expect(observed).not.toHaveProperty(['nodefs.inodesFree']);
  });

  it('leaves out what it cannot read', async () => {
    expect(await readObservations({ stateFolder: '/none', imageFolder: '/none', proc: '/none' })).toEqual({});
  });
});
