import type { Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['daemonset', 'pod-placement']);
  const priorityClass = (name: string, value: number) =>
    running.create('priorityclasses.scheduling.k8s.io', {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name },
      value,
    });
  await priorityClass('system-node-critical', 2_000_001_000);
});
afterAll(() => running.stop());

const node = (name: string, allocatable: object) =>
  running.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { pool: name } },
    spec: {},
    status: { allocatable: { memory: '1Gi', pods: '10', ...allocatable } },
  });

const daemonSet = (name: string, pool: string, container: object, spec: object = {}) =>
  running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { nodeSelector: { pool }, containers: [{ name: 'c', image: 'i', ...container }], ...spec },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    },
  });

const cpu = (amount: string) => ({ resources: { requests: { cpu: amount } } });
const podsOf = (name: string): Pod[] =>
  [...running.context.reflector.cache('pods').list('default')]
    .map(({ object }) => object)
    .filter(({ metadata }) => metadata?.labels?.app === name);
const podOf = (name: string): Pod | undefined => podsOf(name)[0];
const scheduledOf = (name: string) => podOf(name)?.status?.conditions?.find(({ type }) => type === 'PodScheduled');
const reasonsOf = (subject: string | undefined) =>
  running.events.filter(({ subject: { name } }) => name === subject).map(({ reason }) => reason);
const statusOf = (name: string) =>
  running.context.reflector.cache('daemonsets.apps').get('default', name)?.object.status;

describe('a daemon pod that does not fit on its node', () => {
  it('is pending, names the node and what it lacks, and starts as soon as there is room', async () => {
    await node('small', { cpu: '1' });
    await daemonSet('first', 'small', cpu('600m'));
    await eventually(() => expect(podOf('first')?.spec?.nodeName).toBe('small'));
    await daemonSet('second', 'small', cpu('600m'));
    const message = '0/1 nodes are available: 1 Insufficient cpu. Node small: Insufficient cpu.';
    await eventually(() =>
      expect(scheduledOf('second')).toMatchObject({ status: 'False', reason: 'Unschedulable', message }),
    );
    expect(podOf('second')).toMatchObject({ status: { phase: 'Pending' } });
    expect(podOf('second')?.spec?.nodeName).toBeUndefined();
    expect(reasonsOf(podOf('second')?.metadata?.name)).toEqual(['FailedScheduling']);
    await eventually(() =>
      expect(statusOf('second')).toMatchObject({
        desiredNumberScheduled: 1,
        currentNumberScheduled: 1,
        numberReady: 0,
      }),
    );
    await running.settled();
    expect(podsOf('second')).toHaveLength(1);

    await running.change('nodes', '', 'small', (object) => {
      Object.assign((object.status as { allocatable: object }).allocatable, { cpu: '2' });
    });
    await eventually(() => expect(podOf('second')?.spec?.nodeName).toBe('small'));
    expect(scheduledOf('second')).toMatchObject({ status: 'True' });
    expect(reasonsOf(podOf('second')?.metadata?.name)).toEqual(['FailedScheduling', 'Scheduled']);
  });

  it('waits for a host port that another has, and for its turn among the pods of a node', async () => {
    await node('ports', { cpu: '4', pods: '2' });
    const port = { ports: [{ containerPort: 80, hostPort: 8080, protocol: 'TCP' }] };
    await daemonSet('web-1', 'ports', port);
    await eventually(() => expect(podOf('web-1')?.spec?.nodeName).toBe('ports'));
    await daemonSet('web-2', 'ports', port);
    await eventually(() =>
      expect(scheduledOf('web-2')?.message).toContain("Node ports: node(s) didn't have free ports"),
    );
    await daemonSet('other', 'ports', {});
    await eventually(() => expect(podOf('other')?.spec?.nodeName).toBe('ports'));
    await daemonSet('too-many', 'ports', {});
    await eventually(() => expect(scheduledOf('too-many')?.message).toContain('Node ports: Too many pods.'));
  });

  it('is the only one of many that were made at once, when there is room for one', async () => {
    await node('crowd', { cpu: '1' });
    const names = Array.from({ length: 6 }, (_, i) => `crowd-${i}`);
    await Promise.all(names.map((name) => daemonSet(name, 'crowd', cpu('1'))));
    await eventually(() =>
      expect(names.map((name) => scheduledOf(name)?.status).sort()).toEqual([
        'False',
        'False',
        'False',
        'False',
        'False',
        'True',
      ]),
    );
  });

  it('preempts pods of lower priority when it is critical to the node', async () => {
    await node('critical', { cpu: '1' });
    await daemonSet('ordinary', 'critical', cpu('800m'), { terminationGracePeriodSeconds: 0 });
    await eventually(() => expect(podOf('ordinary')?.spec?.nodeName).toBe('critical'));
    const victim = podOf('ordinary')?.metadata;
    await daemonSet('network', 'critical', cpu('500m'), { priorityClassName: 'system-node-critical' });
    await eventually(() => expect(podOf('network')?.spec).toMatchObject({ priority: 2_000_001_000 }));
    await eventually(() => expect(reasonsOf(victim?.name)).toContain('Preempted'));
    await eventually(() => expect(podOf('network')?.spec?.nodeName).toBe('critical'));
    await eventually(() => expect(podOf('ordinary')?.metadata?.uid).not.toBe(victim?.uid));
    await eventually(() => expect(scheduledOf('ordinary')).toMatchObject({ status: 'False' }));
    expect(podOf('network')?.status?.nominatedNodeName).toBe('critical');
  });

  it('is not made while its priority class is missing, and an event says so', async () => {
    await node('classless', { cpu: '1' });
    await daemonSet('unknown-class', 'classless', {}, { priorityClassName: 'nowhere' });
    await eventually(() => expect(reasonsOf('unknown-class')).toContain('FailedCreate'));
    expect(podsOf('unknown-class')).toEqual([]);
  });
});

describe('a daemon pod that is not to be placed yet', () => {
  it('is pending when a gate holds it, and when another scheduler places it', async () => {
    await node('held', { cpu: '4' });
    await daemonSet('gated', 'held', {}, { schedulingGates: [{ name: 'wait' }] });
    await daemonSet('theirs', 'held', {}, { schedulerName: 'mine' });
    await eventually(() => expect(podOf('gated')).toBeDefined());
    await eventually(() => expect(podOf('theirs')).toBeDefined());
    await running.settled();
    expect(scheduledOf('gated')).toMatchObject({ status: 'False', reason: 'SchedulingGated' });
    for (const name of ['gated', 'theirs']) {
      expect(podOf(name)?.spec?.nodeName).toBeUndefined();
      expect(podOf(name)?.status?.phase).toBe('Pending');
      expect(statusOf(name)).toMatchObject({ desiredNumberScheduled: 1, currentNumberScheduled: 1, numberReady: 0 });
    }
    await running.change('pods', 'default', podOf('gated')?.metadata?.name ?? '', ({ spec }) => {
      delete spec?.schedulingGates;
    });
    await eventually(() => expect(podOf('gated')?.spec?.nodeName).toBe('held'));
  });

  it('is pending beside a pod that it must not be near, and follows when that one is gone', async () => {
    await node('narrow', { cpu: '4' });
    const labels = { app: 'neighbour' };
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'neighbour', namespace: 'default', labels },
      spec: { nodeName: 'narrow', containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Running' },
    });
    const term = { topologyKey: 'pool', labelSelector: { matchLabels: labels } };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    await daemonSet('apart', 'narrow', {}, { affinity });
    await eventually(() =>
      expect(scheduledOf('apart')?.message).toContain("Node narrow: node(s) didn't match pod anti-affinity rules."),
    );
    await running.remove('pods', 'default', 'neighbour');
    await eventually(() => expect(podOf('apart')?.spec?.nodeName).toBe('narrow'));
  });
});
