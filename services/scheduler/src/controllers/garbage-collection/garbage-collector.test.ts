import type { KubeObject, ResourceName, StoredMeta } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['garbage-collector']);
  await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: {} });
});

afterAll(() => running.stop());

const daemonSet = (name: string, metadata: Partial<StoredMeta> = {}) =>
  running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'ns', ...metadata },
    spec: {},
  });

const ownedBy = (owner: KubeObject, more: object = {}): Partial<StoredMeta> => ({
  ownerReferences: [
    {
      apiVersion: owner.apiVersion,
      kind: owner.kind,
      name: owner.metadata.name,
      uid: owner.metadata.uid,
      controller: true,
      blockOwnerDeletion: true,
      ...more,
    },
  ],
});

const pod = (name: string, metadata: Partial<StoredMeta> = {}, nodeName: string | null = 'node-1') =>
  running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns', ...metadata },
    spec: { terminationGracePeriodSeconds: 30, containers: [], ...(nodeName !== null && { nodeName }) },
    status: { phase: 'Running' },
  });

const revision = (name: string, metadata: Partial<StoredMeta>) =>
  running.create('controllerrevisions.apps', {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace: 'ns', ...metadata },
    revision: 1,
  });

const beginDeletion = (name: string, finalizer: string) =>
  running.change('daemonsets.apps', 'ns', name, (object) => {
    object.metadata.deletionTimestamp = '2026-01-01T00:00:00Z';
    object.metadata.deletionGracePeriodSeconds = 0;
    object.metadata.finalizers = [...(object.metadata.finalizers ?? []), finalizer];
  });

const metadataOf = async (resource: ResourceName, name: string) => (await running.get(resource, 'ns', name))?.metadata;
const podOf = (name: string) => metadataOf('pods', name);

describe('an owner that is gone', () => {
  it('is followed by its pods and revisions, pods gracefully', async () => {
    const owner = await daemonSet('background');
    await pod('background-pod', ownedBy(owner));
    await pod('background-unbound', ownedBy(owner), null);
    await revision('background-revision', ownedBy(owner));
    await pod('bystander');
    await running.remove('daemonsets.apps', 'ns', 'background');
    await eventually(async () => {
      expect(await podOf('background-pod')).toMatchObject({ deletionGracePeriodSeconds: 30 });
      expect(await podOf('background-unbound')).toBeUndefined();
      expect(await metadataOf('controllerrevisions.apps', 'background-revision')).toBeUndefined();
    });
    await running.settled();
    expect((await podOf('bystander'))?.deletionTimestamp).toBeUndefined();
  });

  it('is followed by what is created for it afterwards, and by what refers to another of its name', async () => {
    const owner = await daemonSet('renewed');
    await running.remove('daemonsets.apps', 'ns', 'renewed');
    const next = await daemonSet('renewed');
    await revision('late', ownedBy(owner));
    await revision('current', ownedBy(next));
    await eventually(async () => expect(await metadataOf('controllerrevisions.apps', 'late')).toBeUndefined());
    await running.settled();
    expect(await metadataOf('controllerrevisions.apps', 'current')).toBeDefined();
  });

  it('is dropped from the references of what another owner holds', async () => {
    const gone = await daemonSet('gone');
    const stays = await daemonSet('stays');
    const references = [
      ...(ownedBy(gone).ownerReferences ?? []),
      ...(ownedBy(stays, { controller: false }).ownerReferences ?? []),
    ];
    await revision('shared', { ownerReferences: references });
    await running.remove('daemonsets.apps', 'ns', 'gone');
    await eventually(async () =>
      expect(
        (await metadataOf('controllerrevisions.apps', 'shared'))?.ownerReferences?.map(({ name }) => name),
      ).toEqual(['stays']),
    );
  });

  it('leaves what holds a finalizer until that is gone, and what refers to a kind that is not served', async () => {
    const owner = await daemonSet('held');
    await revision('held-revision', { ...ownedBy(owner), finalizers: ['x.io/hold'] });
    await revision('foreign', ownedBy({ apiVersion: 'x.io/v1', kind: 'Thing', metadata: owner.metadata }));
    await running.remove('daemonsets.apps', 'ns', 'held');
    await eventually(async () =>
      expect(await metadataOf('controllerrevisions.apps', 'held-revision')).toMatchObject({
        deletionTimestamp: expect.anything(),
      }),
    );
    await running.settled();
    expect((await metadataOf('controllerrevisions.apps', 'foreign'))?.deletionTimestamp).toBeUndefined();
  });
});

describe('foreground deletion', () => {
  it('deletes dependents first, and the owner when none is left that blocks it', async () => {
    const owner = await daemonSet('foreground');
    await pod('foreground-pod', ownedBy(owner));
    await pod('foreground-loose', ownedBy(owner, { blockOwnerDeletion: false }));
    await beginDeletion('foreground', 'foregroundDeletion');
    await eventually(async () => {
      expect((await podOf('foreground-pod'))?.deletionTimestamp).toBeDefined();
      expect((await podOf('foreground-loose'))?.deletionTimestamp).toBeDefined();
    });
    await running.settled();
    expect(await metadataOf('daemonsets.apps', 'foreground')).toBeDefined();
    await running.remove('pods', 'ns', 'foreground-pod');
    await eventually(async () => expect(await metadataOf('daemonsets.apps', 'foreground')).toBeUndefined());
  });

  it('goes down through dependents of dependents', async () => {
    const owner = await daemonSet('top');
    const middle = await revision('middle', ownedBy(owner));
    await pod('bottom', ownedBy(middle));
    await beginDeletion('top', 'foregroundDeletion');
    await eventually(async () => expect((await podOf('bottom'))?.deletionTimestamp).toBeDefined());
    expect(await metadataOf('controllerrevisions.apps', 'middle')).toMatchObject({
      finalizers: ['foregroundDeletion'],
    });
    await running.remove('pods', 'ns', 'bottom');
    await eventually(async () => expect(await metadataOf('daemonsets.apps', 'top')).toBeUndefined());
  });

  it('keeps an owner that has a finalizer of another controller', async () => {
    await daemonSet('guarded', { finalizers: ['x.io/hold'] });
    await beginDeletion('guarded', 'foregroundDeletion');
    await eventually(async () =>
      expect(await metadataOf('daemonsets.apps', 'guarded')).toMatchObject({ finalizers: ['x.io/hold'] }),
    );
  });
});

describe('a dependent outside all namespaces', () => {
  it('goes with its owner, as one in a namespace does', async () => {
    const owner = await running.create('nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'owning' },
      spec: {},
    });
    await running.create('priorityclasses.scheduling.k8s.io', {
      apiVersion: 'scheduling.k8s.io/v1',
      kind: 'PriorityClass',
      metadata: { name: 'owned', ...ownedBy(owner) },
      value: 1,
    });
    await running.settled();
    expect(await running.get('priorityclasses.scheduling.k8s.io', '', 'owned')).toBeDefined();
    await running.remove('nodes', '', 'owning');
    await eventually(async () =>
      expect(await running.get('priorityclasses.scheduling.k8s.io', '', 'owned')).toBeUndefined(),
    );
  });
});

describe('orphaning deletion', () => {
  it('removes the owner from its dependents and deletes it', async () => {
    const owner = await daemonSet('orphaning');
    await pod('orphan', ownedBy(owner));
    await beginDeletion('orphaning', 'orphan');
    await eventually(async () => expect(await metadataOf('daemonsets.apps', 'orphaning')).toBeUndefined());
    await running.settled();
    const orphan = await podOf('orphan');
    expect(orphan).toBeDefined();
    expect(orphan?.ownerReferences).toBeUndefined();
    expect(orphan?.deletionTimestamp).toBeUndefined();
  });
});

describe('pods without their node', () => {
  it('are removed when the node goes, even those that are going already', async () => {
    await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'short-lived' }, spec: {} });
    await pod('stranded', {}, 'short-lived');
    await pod('stopping', { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 30 }, 'short-lived');
    await running.settled();
    expect(await podOf('stranded')).toBeDefined();
    await running.remove('nodes', '', 'short-lived');
    await eventually(async () => {
      expect(await podOf('stranded')).toBeUndefined();
      expect(await podOf('stopping')).toBeUndefined();
    });
  });

  it('are removed when the node was never there', async () => {
    await pod('nowhere', {}, 'no-such-node');
    await eventually(async () => expect(await podOf('nowhere')).toBeUndefined());
  });

  it('are removed when their deletion has begun before they had a node, and nothing holds them', async () => {
    const begun = { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 0 };
    await pod('left-marked', begun, null);
    await pod('held-marked', { ...begun, finalizers: ['x.io/hold'] }, null);
    await eventually(async () => expect(await podOf('left-marked')).toBeUndefined());
    await running.settled();
    expect(await podOf('held-marked')).toBeDefined();
  });
});
