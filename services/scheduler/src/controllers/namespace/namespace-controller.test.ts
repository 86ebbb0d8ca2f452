import { type NamespaceCondition, type ResourceName, timestamp } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

const CA = { 'ca.crt': 'PEM' };

let running: RunningControllers;

const namespace = (name: string, finalizers = ['kubernetes']) =>
  running.create('namespaces', {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
    spec: { finalizers },
    status: { phase: 'Active' },
  });

const configMap = (ns: string, name: string, data: object, finalizers?: string[]) =>
  running.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: ns, ...(finalizers && { finalizers }) },
    data,
  });

const beginDeletion = (name: string, at = '2026-01-01T00:00:00Z') =>
  running.change('namespaces', '', name, (object) => {
    object.metadata.deletionTimestamp = at;
    object.metadata.deletionGracePeriodSeconds = 0;
  });

const gone = (resource: ResourceName, ns: string, name: string) =>
  eventually(async () => expect(await running.get(resource, ns, name)).toBeUndefined());

beforeAll(async () => {
  running = await runControllers(['namespace']);
  await namespace('kube-system');
  await configMap('kube-system', 'kube-root-ca.crt', CA);
});

afterAll(() => running.stop());

describe('an active namespace', () => {
  it('gets its service account and its copy of the CA, and gets them back', async () => {
    await namespace('team');
    const bothThere = () =>
      eventually(async () => {
        expect(await running.get('serviceaccounts', 'team', 'default')).toMatchObject({
          metadata: { namespace: 'team' },
        });
        expect(await running.get('configmaps', 'team', 'kube-root-ca.crt')).toMatchObject({ data: CA });
      });
    await bothThere();
    await running.remove('serviceaccounts', 'team', 'default');
    await running.remove('configmaps', 'team', 'kube-root-ca.crt');
    await bothThere();
    await running.change('configmaps', 'team', 'kube-root-ca.crt', (object) => {
      object.data = { 'ca.crt': 'forged' };
    });
    await bothThere();
  });

  it('follows the CA when that is renewed', async () => {
    await namespace('follower');
    await eventually(async () => expect(await running.get('configmaps', 'follower', 'kube-root-ca.crt')).toBeDefined());
    const renewed = { 'ca.crt': 'RENEWED' };
    const publish = (data: Record<string, string>) =>
      running.change('configmaps', 'kube-system', 'kube-root-ca.crt', (object) => {
        object.data = data;
      });
    await publish(renewed);
    await eventually(async () =>
      expect(await running.get('configmaps', 'follower', 'kube-root-ca.crt')).toMatchObject({ data: renewed }),
    );
    await publish(CA);
  });
});

describe('a namespace that is deleted', () => {
  it('goes with everything in it, events and all', async () => {
    await namespace('doomed');
    await configMap('doomed', 'settings', {});
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'unbound', namespace: 'doomed' },
      spec: { containers: [] },
    });
    await running.create('events', {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'unbound.1', namespace: 'doomed' },
    });
    await beginDeletion('doomed');
    await gone('namespaces', '', 'doomed');
    for (const [resource, name] of [
      ['configmaps', 'settings'],
      ['configmaps', 'kube-root-ca.crt'],
      ['serviceaccounts', 'default'],
      ['pods', 'unbound'],
      ['events', 'unbound.1'],
    ] as const) {
      expect(await running.get(resource, 'doomed', name), name).toBeUndefined();
    }
    expect(await running.get('configmaps', 'kube-system', 'kube-root-ca.crt')).toBeDefined();
  });

  it('keeps what is in it for a moment: a client may delete it, too', async () => {
    await namespace('brief');
    await configMap('brief', 'settings', {});
    await beginDeletion('brief', timestamp(Date.now()));
    await running.settled();
    expect(await running.get('configmaps', 'brief', 'settings')).toBeDefined();
    await running.remove('configmaps', 'brief', 'settings');
    await gone('namespaces', '', 'brief');
  });

  it('does not wait for the clock of the api', async () => {
    await namespace('ahead');
    await beginDeletion('ahead', timestamp(Date.now() + 3_600_000));
    await gone('namespaces', '', 'ahead');
  });

  it('waits for pods that are stopping and for finalizers', async () => {
    await namespace('busy');
    await configMap('busy', 'held', {}, ['x.io/hold']);
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'running', namespace: 'busy' },
      spec: { nodeName: 'node-1', terminationGracePeriodSeconds: 9, containers: [] },
      status: { phase: 'Running' },
    });
    await beginDeletion('busy');
    await eventually(async () => {
      expect(await running.get('pods', 'busy', 'running')).toMatchObject({
        metadata: { deletionGracePeriodSeconds: 9 },
      });
      expect(await running.get('configmaps', 'busy', 'held')).toMatchObject({
        metadata: { finalizers: ['x.io/hold'] },
      });
      expect(await running.get('namespaces', '', 'busy')).toMatchObject({ status: { phase: 'Terminating' } });
    });
    const conditions = async () => {
      const { status } = (await running.get('namespaces', '', 'busy')) as {
        status: { conditions?: NamespaceCondition[] };
      };
      return Object.fromEntries(
        (status.conditions ?? []).map(({ type, ...rest }) => [type, [rest.status, rest.message]]),
      );
    };
    await eventually(async () =>
      expect(await conditions()).toEqual({
        NamespaceDeletionDiscoveryFailure: ['False', 'All resources successfully discovered'],
        NamespaceDeletionGroupVersionParsingFailure: ['False', 'All legacy kube types successfully parsed'],
        NamespaceDeletionContentFailure: ['False', 'All content successfully deleted, may be waiting on finalization'],
        NamespaceContentRemaining: ['True', 'Some resources are remaining: pods. has 1 resource instances'],
        NamespaceFinalizersRemaining: ['False', 'All content successfully removed'],
      }),
    );
    // Pods go first: what they use is not even marked before they are gone.
    expect((await running.get('configmaps', 'busy', 'held'))?.metadata).not.toHaveProperty('deletionTimestamp');
    await running.remove('pods', 'busy', 'running');
    await eventually(async () =>
      expect(await conditions()).toMatchObject({
        NamespaceContentRemaining: ['True', 'Some resources are remaining: configmaps. has 1 resource instances'],
        NamespaceFinalizersRemaining: [
          'True',
          'Some content in the namespace has finalizers remaining: x.io/hold in 1 resource instances',
        ],
      }),
    );
    await running.remove('configmaps', 'busy', 'held');
    await gone('namespaces', '', 'busy');
  });

  it('keeps the finalizers of others', async () => {
    await namespace('shared', ['kubernetes', 'x.io/hold']);
    await beginDeletion('shared');
    await eventually(async () =>
      expect(await running.get('namespaces', '', 'shared')).toMatchObject({ spec: { finalizers: ['x.io/hold'] } }),
    );
  });

  it('deletes what was created in it too late', async () => {
    await namespace('past');
    await beginDeletion('past');
    await gone('namespaces', '', 'past');
    await configMap('past', 'late', {});
    await gone('configmaps', 'past', 'late');
  });
});
