import type { DaemonSet, Pod } from '@everynode/objects';
import { eventually, type Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { startStack, type TestStack } from './stack.js';

/** What production refuses or leaves broken, as a user of kubectl sees it here. */
const SLOW = 60_000;

let stack: TestStack;
let kubectl: Kubectl;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '3', '--agents', '1'], { EVERYNODE_HEARTBEAT_SECONDS: '1' });
  kubectl = stack.kubectl;
}, 180_000);

afterAll(async () => {
  await stack.stop();
}, 60_000);

const apply = (object: object) => kubectl.run('apply -f -', stringify(object));

const daemonSet = (name: string, spec: object = {}, rest: object = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace: 'default' },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec } },
    ...rest,
  },
});

const pod = (name: string, spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'i:1' }], ...spec },
});

const statusOf = async (name: string) => (await kubectl.json<DaemonSet>(`get ds ${name}`)).status;
const podNamed = (name: string) => kubectl.json<Pod>(`get pod ${name}`);
const shown = async (name: string) => (await kubectl.table(`get pod ${name}`))[0];

describe('a DaemonSet whose pods are refused', () => {
  it('counts what is desired and missing, and goes on when the cause is mended', { timeout: SLOW }, async () => {
    await apply(daemonSet('refused', { priorityClassName: 'absent' }));
    await eventually(async () =>
      expect(await statusOf('refused')).toMatchObject({
        desiredNumberScheduled: 3,
        currentNumberScheduled: 0,
        numberUnavailable: 3,
        observedGeneration: 1,
      }),
    );
    await expect(kubectl.run('rollout status ds refused --timeout=1s')).rejects.toThrow(/0 (of|out of) 3/);
    await kubectl.run('create priorityclass absent --value=1000');
    await apply(daemonSet('refused', { priorityClassName: 'absent' }, { minReadySeconds: 0 }));
    await kubectl.run('rollout restart ds refused');
    expect(await kubectl.run('rollout status ds refused --timeout=30s')).toContain('successfully rolled out');
  });
});

describe('a pod that names what is not there', () => {
  it('waits in the words of a kubelet, and runs when it appears', { timeout: SLOW }, async () => {
    await apply(
      pod('variables', { containers: [{ name: 'c', image: 'i:1', envFrom: [{ secretRef: { name: 's' } }] }] }),
    );
    await apply(pod('mounts', { volumes: [{ name: 'v', configMap: { name: 'm' } }] }));
    await eventually(async () => {
      expect((await shown('variables'))?.STATUS).toBe('CreateContainerConfigError');
      expect((await shown('mounts'))?.STATUS).toBe('ContainerCreating');
      const described = await kubectl.run('describe pod mounts');
      expect(described).toContain('MountVolume.SetUp failed for volume "v" : configmap "m" not found');
    });
    expect(await kubectl.run('describe pod variables')).toContain('Error: secret "s" not found');
    await kubectl.run('create secret generic s --from-literal=a=b');
    await kubectl.run('create configmap m --from-literal=a=b');
    await kubectl.run('wait pod variables mounts --for=condition=Ready --timeout=20s');
  });
});

describe('a container that fails its liveness probe', () => {
  it('is restarted, in the words of a kubelet, and its pod is Ready again', { timeout: SLOW }, async () => {
    const probe = { httpGet: { port: 80 }, periodSeconds: 1, failureThreshold: 2 };
    const failing = daemonSet('failing', { containers: [{ name: 'c', image: 'i:1', livenessProbe: probe }] });
    const annotations = { 'simulation.everynode.io/liveness-fails-after-ms': '3000' };
    Object.assign(failing.spec.template.metadata, { annotations });
    await apply(failing);
    await eventually(async () => {
      const rows = await kubectl.table('get pods -l app=failing');
      expect(rows.map(({ RESTARTS = '' }) => /^[1-9]/.test(RESTARTS))).toEqual([true, true, true]);
    });
    const described = await kubectl.run('describe pods -l app=failing');
    expect(described).toContain('Liveness probe failed: HTTP probe failed with statuscode: 503');
    expect(described).toContain('Container c failed liveness probe, will be restarted');
    await kubectl.run('delete ds failing');
  });
});

describe('readiness', () => {
  it('follows a gate that another controller sets', { timeout: SLOW }, async () => {
    await apply(pod('gated', { readinessGates: [{ conditionType: 'example.com/ok' }] }));
    await eventually(async () => {
      const ready = (await podNamed('gated')).status?.conditions?.find(({ type }) => type === 'Ready');
      expect(ready).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady', observedGeneration: 1 });
    });
    const patch = (status: string) =>
      kubectl.run([
        ...'patch pod gated --subresource=status -p'.split(' '),
        JSON.stringify({ status: { conditions: [{ type: 'example.com/ok', status }] } }),
      ]);
    await patch('True');
    await kubectl.run('wait pod gated --for=condition=Ready --timeout=20s');
    await patch('False');
    await kubectl.run('wait pod gated --for=condition=Ready=false --timeout=20s');
  });

  it('never lasts long enough for a container that crashes sooner', { timeout: SLOW }, async () => {
    const crashing = daemonSet('crashing', {}, { minReadySeconds: 4 });
    const annotations = { 'simulation.everynode.io/crash-after-ms': '2500' };
    Object.assign(crashing.spec.template.metadata, { annotations });
    await apply(crashing);
    await eventually(async () => expect((await statusOf('crashing'))?.numberReady).toBe(3));
    for (const until = performance.now() + 6500; performance.now() < until; ) {
      expect((await statusOf('crashing'))?.numberAvailable ?? 0).toBe(0);
    }
  });
});

describe('a daemon pod that must not be placed', () => {
  it('is Pending for the reason that explain told', { timeout: SLOW }, async () => {
    const claiming = daemonSet('claiming', {
      volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'data' } }],
    });
    const gated = daemonSet('held-back', { schedulingGates: [{ name: 'example.com/wait' }] });
    await apply(claiming);
    await apply(gated);
    await eventually(async () => {
      const rows = await kubectl.table('get pods -l app=held-back');
      expect(rows.map(({ STATUS }) => STATUS)).toEqual(Array(3).fill('SchedulingGated'));
      const described = await kubectl.run('describe pods -l app=claiming');
      expect(described).toContain('0/3 nodes are available: persistentvolumeclaim "data" not found.');
    });
    const told = await stack.everynode('explain', 'ds/claiming');
    expect(told).toContain('persistentvolumeclaim "data" not found');
    expect(await stack.everynode('explain', 'ds/held-back')).toContain('Scheduling is blocked');
    await kubectl.run('delete ds claiming held-back');
  });
});

describe('a node that is deleted while its agent lives', () => {
  const ready = (name: string) => kubectl.run(`wait node ${name} --for=condition=Ready --timeout=40s`);

  it('is registered again when a client makes it again, and runs pods', { timeout: 2 * SLOW }, async () => {
    await apply(daemonSet('everywhere'));
    await eventually(async () => expect((await statusOf('everywhere'))?.numberReady).toBe(3));
    await kubectl.run('delete node node-00002');
    await eventually(async () => expect((await statusOf('everywhere'))?.desiredNumberScheduled).toBe(2));
    await apply({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-00002' } });
    await ready('node-00002');
    await eventually(async () => expect((await statusOf('everywhere'))?.numberReady).toBe(3), SLOW);
  });

  it('is added again by its name', { timeout: 2 * SLOW }, async () => {
    await expect(stack.everynode('nodes', 'add', 'node-00003')).rejects.toThrow('there is a node node-00003 already');
    await kubectl.run('delete node node-00003');
    expect(await stack.everynode('nodes', 'add', 'node-00003')).toMatch(
      /^node node-00003 is Ready, hosted by agent-1/m,
    );
    await ready('node-00003');
  });
});
