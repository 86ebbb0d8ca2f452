import type { KubeObject, NamespaceCondition, ResourceName, StoredMeta } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../fixtures/running-controllers.js';

const WIDGETS = 'widgets.example.com' as ResourceName;
const GADGETS = 'gadgets.example.com' as ResourceName;

let running: RunningControllers;

const define = (plural: string, kind: string, scope = 'Namespaced', isAccepted = true) =>
  running.create('customresourcedefinitions.apiextensions.k8s.io', {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope,
      names: { plural, kind },
      versions: [{ name: 'v1', served: true, storage: true }],
    },
    status: {
      acceptedNames: isAccepted ? { plural, kind } : { plural },
      conditions: [{ type: 'Established', status: isAccepted ? 'True' : 'False' }],
    },
  });

const custom = (
  resource: ResourceName,
  kind: string,
  namespace: string,
  metadata: { name: string } & Partial<StoredMeta>,
) => running.create(resource, { apiVersion: 'example.com/v1', kind, metadata: { namespace, ...metadata } });

const configMap = (namespace: string, metadata: { name: string } & Partial<StoredMeta>) =>
  running.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { namespace, ...metadata } });

const ownedBy = ({ apiVersion, kind, metadata: { name, uid } }: KubeObject): Partial<StoredMeta> => ({
  ownerReferences: [{ apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }],
});

const gone = (resource: ResourceName, namespace: string, name: string) =>
  eventually(async () => expect(await running.get(resource, namespace, name)).toBeUndefined());

beforeAll(async () => {
  running = await runControllers(['namespace', 'garbage-collector', 'resourcequota']);
  await define('widgets', 'Widget');
  await define('gadgets', 'Gadget', 'Cluster');
});

afterAll(() => running.stop());

describe('objects of kinds that clients define', () => {
  it('hold their namespace until they are gone, and are counted in its conditions', async () => {
    await running.create('namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'doomed' },
      spec: { finalizers: ['kubernetes'] },
    });
    await custom(WIDGETS, 'Widget', 'doomed', { name: 'plain' });
    await custom(WIDGETS, 'Widget', 'doomed', { name: 'held', finalizers: ['example.com/hold'] });
    await running.change('namespaces', '', 'doomed', (object) => {
      object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    });
    await gone(WIDGETS, 'doomed', 'plain');
    await eventually(async () => {
      const { status } = (await running.get('namespaces', '', 'doomed')) as {
        status?: { conditions?: NamespaceCondition[] };
      };
      const messages = (status?.conditions ?? []).map(({ message }) => message);
      expect(messages).toContain('Some resources are remaining: widgets.example.com has 1 resource instances');
      expect(messages).toContain(
        'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      );
    });
    await running.remove(WIDGETS, 'doomed', 'held');
    await gone('namespaces', '', 'doomed');
  });

  it('own and are owned, in the background and in the foreground', async () => {
    const owner = await custom(WIDGETS, 'Widget', 'ns', { name: 'owner' });
    await configMap('ns', { name: 'of-widget', ...ownedBy(owner) });
    await custom(WIDGETS, 'Widget', 'ns', { name: 'of-owner', ...ownedBy(owner) });
    const wide = await custom(GADGETS, 'Gadget', '', { name: 'wide' });
    await custom(WIDGETS, 'Widget', 'ns', { name: 'of-gadget', ...ownedBy(wide) });
    await running.remove(WIDGETS, 'ns', 'owner');
    await running.remove(GADGETS, '', 'wide');
    await gone('configmaps', 'ns', 'of-widget');
    await gone(WIDGETS, 'ns', 'of-owner');
    await gone(WIDGETS, 'ns', 'of-gadget');
    const front = await custom(WIDGETS, 'Widget', 'ns', { name: 'front' });
    await custom(WIDGETS, 'Widget', 'ns', { name: 'blocks', ...ownedBy(front), finalizers: ['example.com/hold'] });
    await running.change(WIDGETS, 'ns', 'front', (object) => {
      object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
      object.metadata.finalizers = ['foregroundDeletion'];
    });
    await eventually(async () =>
      expect((await running.get(WIDGETS, 'ns', 'blocks'))?.metadata.deletionTimestamp).toBeDefined(),
    );
    expect(await running.get(WIDGETS, 'ns', 'front')).toBeDefined();
    await running.remove(WIDGETS, 'ns', 'blocks');
    await gone(WIDGETS, 'ns', 'front');
  });

  it('leave their dependents where they are orphaned', async () => {
    const owner = await custom(WIDGETS, 'Widget', 'ns', { name: 'parent' });
    await configMap('ns', { name: 'orphan', ...ownedBy(owner) });
    await running.change(WIDGETS, 'ns', 'parent', (object) => {
      object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
      object.metadata.finalizers = ['orphan'];
    });
    await gone(WIDGETS, 'ns', 'parent');
    expect((await running.get('configmaps', 'ns', 'orphan'))?.metadata.ownerReferences).toBeUndefined();
  });

  it('are collected when the kind of an owner that is gone becomes known', async () => {
    const owner: KubeObject = {
      apiVersion: 'example.com/v1',
      kind: 'Late',
      metadata: { name: 'x', uid: 'gone', creationTimestamp: '', resourceVersion: '' },
    };
    await configMap('ns', { name: 'waits', ...ownedBy(owner) });
    await running.settled();
    expect(await running.get('configmaps', 'ns', 'waits')).toBeDefined();
    await define('lates', 'Late');
    await gone('configmaps', 'ns', 'waits');
  });

  it('keep their kind where another definition wants it', async () => {
    const owner = await custom(WIDGETS, 'Widget', 'ns', { name: 'keeps' });
    await configMap('ns', { name: 'of-kept', ...ownedBy(owner) });
    // An owner that cannot be found takes what it owns along.
    await define('impostors', 'Widget', 'Namespaced', false);
    await define('clusterwides', 'Widget', 'Cluster', false);
    await custom(WIDGETS, 'Widget', 'ns', { name: 'other', ...ownedBy(owner) });
    await configMap('ns', { name: 'doomed', ...ownedBy({ ...owner, metadata: { ...owner.metadata, uid: 'gone' } }) });
    await gone('configmaps', 'ns', 'doomed');
    expect(await running.get('configmaps', 'ns', 'of-kept')).toBeDefined();
    expect(await running.get(WIDGETS, 'ns', 'other')).toBeDefined();
  });

  it('count for quotas, from their definition on', async () => {
    const used = async () => (await running.get('resourcequotas', 'counted', 'q'))?.status?.used;
    await running.create('resourcequotas', {
      apiVersion: 'v1',
      kind: 'ResourceQuota',
      metadata: { name: 'q', namespace: 'counted' },
      spec: { hard: { 'count/widgets.example.com': '2', 'count/parts.example.com': '1' } },
      status: {},
    });
    await eventually(async () => expect(await used()).toEqual({ 'count/widgets.example.com': '0' }));
    await custom(WIDGETS, 'Widget', 'counted', { name: 'a' });
    await define('parts', 'Part');
    await eventually(async () =>
      expect(await used()).toEqual({ 'count/widgets.example.com': '1', 'count/parts.example.com': '0' }),
    );
    await custom(WIDGETS, 'Widget', 'counted', { name: 'b' });
    await expect(custom(WIDGETS, 'Widget', 'counted', { name: 'c' })).rejects.toThrow(
      'exceeded quota: q, requested: count/widgets.example.com=1, used: count/widgets.example.com=2, limited: count/widgets.example.com=2',
    );
  });
});
