import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['daemonset', 'resourcequota']);
  for (const name of ['n1', 'n2', 'n3']) {
    await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {}, status: {} });
  }
});
afterAll(() => running.stop());

async function namespace(name: string): Promise<void> {
  await running.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  const metadata = { name: 'default', namespace: name };
  await running.create('serviceaccounts', { apiVersion: 'v1', kind: 'ServiceAccount', metadata });
}

const quota = (inside: string, hard: Record<string, string>, scopes?: string[]) =>
  running.create('resourcequotas', {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'q', namespace: inside },
    spec: { hard, ...(scopes && { scopes }) },
    status: {},
  });

const pod = (inside: string, name: string, spec: object = {}, metadata: object = {}) =>
  running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: inside, ...metadata },
    spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
    status: { phase: 'Running' },
  });

const daemonSet = (inside: string) =>
  running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'd', namespace: inside, generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'd' } },
      template: { metadata: { labels: { app: 'd' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    },
  });

const shows = (inside: string, status: object) =>
  eventually(async () => expect((await running.get('resourcequotas', inside, 'q'))?.status).toEqual(status));

describe('a quota', () => {
  it('has counted what is there, and counts on with every write', async () => {
    await namespace('counted');
    await pod('counted', 'a');
    const hard = { pods: '3', 'count/serviceaccounts': '5', configmaps: '1', 'count/unknown.example.com': '1' };
    await quota('counted', hard);
    const used = { 'count/serviceaccounts': '1', configmaps: '0' };
    await shows('counted', { hard, used: { ...used, pods: '1' } });
    await pod('counted', 'b');
    await shows('counted', { hard, used: { ...used, pods: '2' } });
    await running.remove('pods', 'counted', 'a');
    await running.remove('serviceaccounts', 'counted', 'default');
    await shows('counted', { hard, used: { ...used, pods: '1', 'count/serviceaccounts': '0' } });
  });

  it('takes other bounds, and counts what they name', async () => {
    await namespace('changed');
    await pod('changed', 'a', { activeDeadlineSeconds: 9 });
    await pod('changed', 'b');
    await quota('changed', { pods: '3' }, ['NotTerminating']);
    await shows('changed', { hard: { pods: '3' }, used: { pods: '1' } });
    await running.change('resourcequotas', 'changed', 'q', (object) => {
      object.spec = { ...object.spec, hard: { pods: '4', 'count/pods': '9' } };
    });
    await shows('changed', { hard: { pods: '4', 'count/pods': '9' }, used: { pods: '1', 'count/pods': '1' } });
  });

  it('counts no longer a pod that should have ended and is still there', async () => {
    await namespace('lost');
    const deletionTimestamp = new Date(Date.now() + 500).toISOString();
    await pod('lost', 'a', {}, { deletionTimestamp, deletionGracePeriodSeconds: 1 });
    await quota('lost', { pods: '1' });
    await shows('lost', { hard: { pods: '1' }, used: { pods: '1' } });
    await shows('lost', { hard: { pods: '1' }, used: { pods: '0' } });
    await running.remove('pods', 'lost', 'a');
    await shows('lost', { hard: { pods: '1' }, used: { pods: '0' } });
  });

  it('holds a DaemonSet to it, whose event says so; the pods come when there is room', async () => {
    await namespace('full');
    await quota('full', { pods: '2' });
    await shows('full', { hard: { pods: '2' }, used: { pods: '0' } });
    await daemonSet('full');
    const event = await eventually(() => {
      const found = running.events.find(
        ({ subject, reason }) => subject.namespace === 'full' && reason === 'FailedCreate',
      );
      if (!found) throw new Error('no refusal yet');
      return found;
    });
    expect(event.message).toMatch(
      /^Error creating: pods "d-\w{5}" is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2$/,
    );
    await shows('full', { hard: { pods: '2' }, used: { pods: '2' } });
    await running.change('resourcequotas', 'full', 'q', (object) => {
      object.spec = { hard: { pods: '5' } };
    });
    await shows('full', { hard: { pods: '5' }, used: { pods: '3' } });
    expect([...running.context.reflector.cache('pods').list('full')]).toHaveLength(3);
  });
});
