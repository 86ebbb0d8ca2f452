import type { Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['daemonset']);
  await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: {}, status: {} });
});
afterAll(() => running.stop());

const namespace = async (name: string, labels: Record<string, string> = {}, account: object | undefined = {}) => {
  await running.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  if (!account) return;
  const metadata = { name: 'default', namespace: name };
  await running.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata, ...account });
};

const daemonSet = (inside: string, spec: object = {}) =>
  running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', namespace: inside, generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    },
  });

const podIn = (inside: string): Promise<Pod> =>
  eventually(() => {
    const [pod] = running.context.reflector.cache('pods').list(inside);
    if (!pod) throw new Error('no pod yet');
    return pod.object;
  });
const refusalIn = (inside: string): Promise<string> =>
  eventually(() => {
    const event = running.events.find(
      ({ subject, reason }) => subject.namespace === inside && reason === 'FailedCreate',
    );
    if (!event) throw new Error('no refusal yet');
    return event.message;
  });

describe('a daemon pod', () => {
  it('is refused by the policy of its namespace, and made when the policy allows it', async () => {
    await namespace('enforced', { 'pod-security.kubernetes.io/enforce': 'baseline' });
    await daemonSet('enforced', { hostNetwork: true });
    expect(await refusalIn('enforced')).toBe(
      'Error creating: pods "d-" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
    );
    await running.change('namespaces', '', 'enforced', (object) => {
      object.metadata.labels = {};
    });
    expect((await podIn('enforced')).spec?.nodeName).toBe('n');
  });

  it('gets the resources of a limit range, and the quality of service that follows from them', async () => {
    await namespace('limited');
    await running.create('limitranges', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l', namespace: 'limited' },
      spec: { limits: [{ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '100m' } }] },
    });
    await daemonSet('limited');
    const { metadata, spec, status } = await podIn('limited');
    expect(spec?.containers[0]?.resources).toEqual({ limits: { cpu: '1' }, requests: { cpu: '100m' } });
    expect(metadata?.annotations?.['kubernetes.io/limit-ranger']).toBe(
      'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    );
    expect(status?.qosClass).toBe('Burstable');
  });

  it('is refused beyond a limit range', async () => {
    await namespace('bounded');
    await running.create('limitranges', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l', namespace: 'bounded' },
      spec: { limits: [{ type: 'Pod', max: { memory: '1Gi' } }] },
    });
    await daemonSet('bounded', { containers: [{ name: 'c', image: 'i', resources: { limits: { memory: '2Gi' } } }] });
    expect(await refusalIn('bounded')).toBe(
      'Error creating: pods "d-" is forbidden: maximum memory usage per Pod is 1Gi, but limit is 2Gi',
    );
  });

  it('mounts the token of its account, and takes the pull secrets of it', async () => {
    await namespace('accounts', {}, { imagePullSecrets: [{ name: 'registry' }] });
    await daemonSet('accounts');
    const { spec } = await podIn('accounts');
    const volume = spec?.volumes?.[0]?.name;
    expect(volume).toMatch(/^kube-api-access-[a-z0-9]{5}$/);
    expect(spec?.containers[0]?.volumeMounts).toEqual([
      { name: volume, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' },
    ]);
    expect(spec?.imagePullSecrets).toEqual([{ name: 'registry' }]);
  });

  it('waits for its account, and an event says so', async () => {
    await namespace('empty', {}, undefined);
    await daemonSet('empty', { serviceAccountName: 'agent' });
    expect(await refusalIn('empty')).toBe(
      'Error creating: pods "d-" is forbidden: error looking up service account empty/agent: serviceaccount "agent" not found',
    );
    const metadata = { name: 'agent', namespace: 'empty' };
    await running.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
    expect((await podIn('empty')).spec?.serviceAccountName).toBe('agent');
  });
});

describe('the status of a DaemonSet whose pods are refused', () => {
  const statusIn = async (inside: string) => (await running.get('daemonsets.apps', inside, 'd'))?.status;
  const enforce = (name: string, level: string) =>
    running.change('namespaces', '', name, (object) => {
      object.metadata.labels = { 'pod-security.kubernetes.io/enforce': level };
    });

  it('says what is wanted and missing', async () => {
    await namespace('refused', { 'pod-security.kubernetes.io/enforce': 'baseline' });
    await daemonSet('refused', { hostNetwork: true });
    await eventually(async () =>
      expect(await statusIn('refused')).toMatchObject({
        desiredNumberScheduled: 1,
        currentNumberScheduled: 0,
        numberReady: 0,
        numberUnavailable: 1,
        observedGeneration: 1,
      }),
    );
  });

  it('does not count the pods of before an update', async () => {
    await namespace('updated');
    await daemonSet('updated', { hostNetwork: true });
    const { metadata } = await podIn('updated');
    await eventually(async () => expect((await statusIn('updated'))?.currentNumberScheduled).toBe(1));
    await enforce('updated', 'baseline');
    await running.change('daemonsets.apps', 'updated', 'd', ({ spec }) => {
      const [container] = spec?.template.spec?.containers ?? [];
      if (container) container.image = 'i:2';
    });
    await running.remove('pods', 'updated', metadata?.name ?? '');
    await refusalIn('updated');
    await eventually(async () =>
      expect(await statusIn('updated')).toMatchObject({
        desiredNumberScheduled: 1,
        currentNumberScheduled: 0,
        numberUnavailable: 1,
      }),
    );
    await enforce('updated', 'privileged');
    await eventually(async () => expect((await statusIn('updated'))?.updatedNumberScheduled).toBe(1));
  });
});
