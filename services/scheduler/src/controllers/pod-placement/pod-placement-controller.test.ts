import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

const node = (name: string, cpu: string) =>
  running.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { pool: name } },
    spec: {},
    status: { allocatable: { cpu, memory: '1Gi', pods: '10' } },
  });

const pod = (name: string, cpu: string, pool: string, spec: object = {}) =>
  running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeSelector: { pool },
      containers: [{ name: 'c', image: 'i', resources: { requests: { cpu } } }],
      ...spec,
    },
    status: { phase: 'Pending' },
  });

const read = async (name: string) => running.get('pods', 'default', name);
const condition = async (name: string) =>
  (await read(name))?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
const reasonsOf = (name: string) =>
  running.events.filter(({ subject }) => subject.name === name).map(({ reason }) => reason);

beforeAll(async () => {
  running = await runControllers(['pod-placement']);
});

afterAll(() => running.stop());

describe('a pod without a node', () => {
  it('is bound to one that has room', async () => {
    await node('a', '2');
    await pod('first', '1', 'a');
    await eventually(async () => expect((await read('first'))?.spec?.nodeName).toBe('a'));
    expect(await condition('first')).toMatchObject({ status: 'True' });
    await eventually(() => expect(reasonsOf('first')).toEqual(['Scheduled']));
  });

  it('says why it fits nowhere, and starts as soon as room appears', async () => {
    await node('b', '1');
    await pod('holder', '1', 'b');
    await eventually(async () => expect((await read('holder'))?.spec?.nodeName).toBe('b'));
    await pod('waiter', '500m', 'b');
    const message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) didn't match Pod's node affinity/selector.";
    await eventually(async () =>
      expect(await condition('waiter')).toMatchObject({ status: 'False', reason: 'Unschedulable', message }),
    );
    await eventually(() => expect(reasonsOf('waiter')).toEqual(['FailedScheduling']));
    await running.settled();
    expect(reasonsOf('waiter')).toEqual(['FailedScheduling']);
    await running.remove('pods', 'default', 'holder');
    await eventually(async () => expect((await read('waiter'))?.spec?.nodeName).toBe('b'));
    expect(await condition('waiter')).toMatchObject({ status: 'True' });
  });

  it('never shares the last room with another', async () => {
    await node('c', '3');
    const names = Array.from({ length: 8 }, (_, i) => `many-${i}`);
    await Promise.all(names.map((name) => pod(name, '1', 'c')));
    await eventually(async () => {
      const conditions = await Promise.all(names.map(condition));
      expect(conditions.map((each) => each?.status).sort()).toEqual([
        ...Array(5).fill('False'),
        ...Array(3).fill('True'),
      ]);
    });
    await running.settled();
    const placed = (await Promise.all(names.map(read))).filter((each) => each?.spec?.nodeName === 'c');
    expect(placed).toHaveLength(3);
  });

  it('is left alone when another scheduler places it, or a gate holds it', async () => {
    await node('d', '4');
    await pod('theirs', '1', 'd', { schedulerName: 'mine' });
    await pod('gated', '1', 'd', { schedulingGates: [{ name: 'wait' }] });
    await pod('ours', '1', 'd');
    await eventually(async () => expect((await read('ours'))?.spec?.nodeName).toBe('d'));
    await running.settled();
    expect((await read('theirs'))?.spec?.nodeName).toBeUndefined();
    expect((await read('gated'))?.spec?.nodeName).toBeUndefined();
    await running.change('pods', 'default', 'gated', (object) => {
      delete (object.spec as { schedulingGates?: unknown }).schedulingGates;
    });
    await eventually(async () => expect((await read('gated'))?.spec?.nodeName).toBe('d'));
  });
});

describe('a pod whose place depends on more than room', () => {
  const whyNot = async (name: string) => (await condition(name))?.message;
  const near = (app: string) => ({
    affinity: {
      podAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          { topologyKey: 'pool', labelSelector: { matchLabels: { app } } },
        ],
      },
    },
  });
  const labelled = (name: string, pool: string) =>
    running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', labels: { app: name } },
      spec: { nodeSelector: { pool }, containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Pending' },
    });

  it('waits for the pod that it wants to be near, and follows it', async () => {
    await node('e', '4');
    await pod('follower', '1', 'e', near('leader'));
    await eventually(async () =>
      expect(await whyNot('follower')).toContain("1 node(s) didn't match pod affinity rules"),
    );
    expect((await read('follower'))?.status?.conditions).toMatchObject([{ reason: 'Unschedulable' }]);
    await labelled('leader', 'e');
    await eventually(async () => expect((await read('follower'))?.spec?.nodeName).toBe('e'));
  });

  it('stays away from a pod that repels it, until that one is gone', async () => {
    await node('f', '4');
    const [term] = near('shy').affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution;
    await pod('hermit', '1', 'f', {
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } },
    });
    await eventually(async () => expect((await read('hermit'))?.spec?.nodeName).toBe('f'));
    await labelled('shy', 'f');
    await eventually(async () =>
      expect(await whyNot('shy')).toContain("1 node(s) didn't satisfy existing pods anti-affinity rules"),
    );
    await running.remove('pods', 'default', 'hermit');
    await eventually(async () => expect((await read('shy'))?.spec?.nodeName).toBe('f'));
  });

  it('waits for its claim', async () => {
    await node('g', '4');
    await pod('claimant', '1', 'g', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }] });
    await eventually(async () =>
      expect(await whyNot('claimant')).toMatch(
        /^0\/\d+ nodes are available: persistentvolumeclaim "data" not found\.$/,
      ),
    );
    await eventually(() => expect(reasonsOf('claimant')).toEqual(['FailedScheduling']));
    await running.create('persistentvolumeclaims', {
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name: 'data', namespace: 'default' },
      spec: {},
    });
    await eventually(async () => expect((await read('claimant'))?.spec?.nodeName).toBe('g'));
  });
});
