import { revisionHash } from '@everynode/daemonset';
import type { ResourceName, StoredMeta } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { REVISION_LABEL, revisionData } from '@everynode/workloads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['daemonset']);
  await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, spec: {}, status: {} });
});

afterAll(() => running.stop());

const NOTHING_SCHEDULED = {
  currentNumberScheduled: 0,
  desiredNumberScheduled: 0,
  numberMisscheduled: 0,
  numberReady: 0,
};

const daemonSetOf = (name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1' as const,
  kind: 'DaemonSet' as const,
  metadata: { name, namespace: 'default', generation: 1, uid: `uid-of-${name}` },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
    updateStrategy: { type: 'OnDelete' },
    revisionHistoryLimit: 10,
    ...spec,
  },
});

const ownedBy = ({ metadata }: ReturnType<typeof daemonSetOf>): Partial<StoredMeta> => ({
  ownerReferences: [
    { apiVersion: 'apps/v1', kind: 'DaemonSet', name: metadata.name, uid: metadata.uid, controller: true },
  ],
});

const createRevision = (name: string, metadata: Partial<StoredMeta>, revision: number, data: object) =>
  running.create('controllerrevisions.apps', {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: { name, namespace: 'default', ...metadata },
    data,
    revision,
  });

const useImage = (name: string, image: string) =>
  running.change('daemonsets.apps', 'default', name, (object) => {
    const container = object.spec?.template.spec?.containers[0];
    if (container) Object.assign(container, { image });
    object.metadata.generation = (object.metadata.generation ?? 1) + 1;
  });

const cached = <K extends ResourceName>(resource: K) =>
  Array.from(running.context.reflector.cache(resource).list('default'), ({ object }) => object);

/** The revisions of a DaemonSet by number: name and image. */
const revisionsOf = (name: string) =>
  cached('controllerrevisions.apps')
    .filter(({ metadata }) => metadata?.ownerReferences?.some((owner) => owner.name === name))
    .sort((a, b) => a.revision - b.revision)
    .map(({ metadata, revision, data }) => ({
      name: metadata?.name,
      revision,
      image: (data as ReturnType<typeof daemonSetOf>).spec.template.spec.containers[0]?.image,
    }));

const podsOf = (name: string) => cached('pods').filter(({ metadata }) => metadata?.labels?.app === name);
const hashesOf = (name: string) => podsOf(name).map(({ metadata }) => metadata?.labels?.[REVISION_LABEL]);
const status = async (name: string) => (await running.get('daemonsets.apps', 'default', name))?.status;

describe('two templates with one hash', () => {
  it('raise the collision count, and the new revision gets another hash and name', async () => {
    const daemonSet = daemonSetOf('collides');
    const hash = revisionHash(daemonSet);
    const other = revisionData(daemonSetOf('other'));
    await createRevision(`collides-${hash}`, { labels: { app: 'other' } }, 1, other);
    await running.create('daemonsets.apps', daemonSet);
    await eventually(() => expect(podsOf('collides')).toHaveLength(1));
    await running.settled();
    const next = revisionHash({ ...daemonSet, status: { ...NOTHING_SCHEDULED, collisionCount: 1 } });
    expect(next).not.toBe(hash);
    expect(revisionsOf('collides')).toEqual([{ name: `collides-${next}`, revision: 1, image: 'one' }]);
    expect(hashesOf('collides')).toEqual([next]);
    expect(await status('collides')).toMatchObject({ collisionCount: 1, updatedNumberScheduled: 1 });
    const untouched = await running.get('controllerrevisions.apps', 'default', `collides-${hash}`);
    expect(untouched?.data).toEqual(other);
  });
});

describe('revisions that equal the current one', () => {
  it('are deleted, and their pods get the hash of the one that stays', async () => {
    const daemonSet = daemonSetOf('doubled');
    const data = revisionData(daemonSet);
    const labels = (hash: string) => ({ app: 'doubled', [REVISION_LABEL]: hash });
    await createRevision('doubled-first', { ...ownedBy(daemonSet), labels: labels('first') }, 1, data);
    await createRevision('doubled-second', { ...ownedBy(daemonSet), labels: labels('second') }, 2, data);
    const pod = await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'doubled-pod', namespace: 'default', ...ownedBy(daemonSet), labels: labels('first') },
      spec: { nodeName: 'a', containers: [] },
      status: { phase: 'Running' },
    });
    await running.create('daemonsets.apps', daemonSet);
    await eventually(() => {
      expect(revisionsOf('doubled')).toEqual([{ name: 'doubled-second', revision: 2, image: 'one' }]);
      expect(hashesOf('doubled')).toEqual(['second']);
    });
    await running.settled();
    expect(podsOf('doubled').map(({ metadata }) => metadata?.uid)).toEqual([pod.metadata.uid]);
    expect(await status('doubled')).toMatchObject({ updatedNumberScheduled: 1 });
  });
});

describe('the history of a DaemonSet', () => {
  it('is trimmed to its limit, oldest first, but keeps a revision that a pod runs', async () => {
    await running.create('daemonsets.apps', daemonSetOf('trimmed', { revisionHistoryLimit: 1 }));
    await eventually(() => expect(podsOf('trimmed')).toHaveLength(1));
    const images = () => revisionsOf('trimmed').map(({ image }) => image);
    for (const image of ['two', 'three', 'four']) {
      await useImage('trimmed', image);
      await eventually(() => expect(images().at(-1)).toBe(image));
    }
    // The pod of the first revision stays with OnDelete: that revision is the one old one that the limit allows.
    await eventually(() => expect(images()).toEqual(['one', 'four']));
    await running.settled();
    expect(images()).toEqual(['one', 'four']);
    await running.remove('pods', 'default', podsOf('trimmed')[0]?.metadata?.name ?? '');
    await eventually(() => expect(hashesOf('trimmed')).toEqual([revisionsOf('trimmed').at(-1)?.name?.split('-')[1]]));
    await useImage('trimmed', 'five');
    // Now the first one is old like any other, and the oldest.
    await eventually(() => expect(images()).toEqual(['four', 'five']));
  });

  it('has no entry more after a rollback: the old revision becomes the newest', async () => {
    await running.create('daemonsets.apps', daemonSetOf('back'));
    await eventually(() => expect(podsOf('back')).toHaveLength(1));
    const [first] = revisionsOf('back');
    await useImage('back', 'two');
    await eventually(() => expect(revisionsOf('back')).toHaveLength(2));
    await useImage('back', 'one');
    await eventually(() =>
      expect(revisionsOf('back').map(({ revision, image }) => ({ revision, image }))).toEqual([
        { revision: 2, image: 'two' },
        { revision: 3, image: 'one' },
      ]),
    );
    expect(revisionsOf('back').at(-1)?.name).toBe(first?.name);
  });
});
