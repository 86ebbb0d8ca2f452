import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findShim } from '@everynode/container-shim';
import type { AssignedPod } from '@everynode/kubelet';
import { systemClock } from '@everynode/pod-runtime';
import { eventually, testLog } from '@everynode/test-kit';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ProcessMachine, scriptPod } from '../../fixtures/process-machine.js';
import { MachineNode } from './machine-node.js';
import { drainMachine } from './shutdown.js';

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
  machine.refusalOf = (pod) => node.refusalOf(pod);
});

afterEach(() => machine.close());

afterAll(() => rmSync(programs, { recursive: true, force: true }));

const drain = (totalMs: number, reported: () => Promise<void> = async () => undefined) =>
  drainMachine({
    node,
    runtime: machine.runtime,
    grace: { totalMs, criticalMs: 1000 },
    reported,
    clock: systemClock,
    log: testLog(),
  });

const endOf = (pod: AssignedPod) => machine.mainOf(pod)?.state?.terminated;

describe('a machine that shuts down', () => {
  it('ends usual pods, then critical ones, after the control plane knows, and says why they ended', async () => {
    const usual = scriptPod('trap "echo asked; sleep 1; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    const critical = scriptPod(
      'trap "exit 3" TERM; echo ready; while :; do sleep 0.05; done',
      {},
      { priority: 2_000_001_000 },
    );
    for (const pod of [usual, critical]) machine.start(pod);
    await eventually(() => expect([machine.logOf(usual), machine.logOf(critical)]).toEqual([['ready'], ['ready']]));
    await eventually(() => expect(machine.statusOf(usual)?.phase).toBe('Running'));
    const known: (string | undefined)[][] = [];
    const outcome = await drain(20_000, async () => {
      const { conditions = [] } = node.status(machine.node);
      const statusOf = (wanted: string) => conditions.find(({ type }) => type === wanted)?.status;
      known.push([statusOf('GracefulNodeShutdownInProgress'), statusOf('Ready'), machine.statusOf(usual)?.phase]);
    });
    expect(outcome).toEqual({ pods: 2, left: 0 });
    expect(known).toEqual([
      ['True', 'False', 'Running'],
      ['True', 'False', 'Failed'],
    ]);
    for (const pod of [usual, critical]) {
      expect(machine.statusOf(pod)).toMatchObject({
        phase: 'Failed',
        reason: 'Terminated',
        message: 'Pod was terminated in response to imminent node shutdown.',
      });
    }
    expect(machine.logOf(usual)).toEqual(['ready', 'asked']);
    expect([endOf(usual)?.exitCode, endOf(critical)?.exitCode]).toEqual([0, 3]);
    expect(Date.parse(String(endOf(critical)?.finishedAt))).toBeGreaterThanOrEqual(
      Date.parse(String(endOf(usual)?.finishedAt)),
    );
  });

  it('kills what does not end in time, and refuses what comes then', async () => {
    const pod = scriptPod('trap "" TERM; echo ready; while :; do sleep 0.05; done');
    machine.start(pod);
    await eventually(() => expect(machine.logOf(pod)).toEqual(['ready']));
    expect(await drain(1000)).toEqual({ pods: 1, left: 0 });
    expect(endOf(pod)?.exitCode).toBe(137);
    const late = scriptPod('exec sleep 1000');
    machine.start(late);
    expect(machine.statusOf(late)).toMatchObject({
      phase: 'Failed',
      reason: 'NodeShutdown',
      message: 'Pod was rejected: Pod was rejected as the node is shutting down.',
    });
  });
});
