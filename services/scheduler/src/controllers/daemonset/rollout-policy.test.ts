import type { StoredKinds } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

const node = (name: string) =>
  running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {}, status: {} });

const edit = (change: (daemonSet: StoredKinds['daemonsets.apps']) => void) =>
  running.change('daemonsets.apps', 'default', 'held', change);

const hold = (annotations: Record<string, string>) =>
  edit((daemonSet) => Object.assign(daemonSet.metadata, { annotations }));

const useImage = (image: string) =>
  edit((daemonSet) => {
    const container = daemonSet.spec?.template.spec?.containers[0];
    if (container) Object.assign(container, { image });
    daemonSet.metadata.generation = (daemonSet.metadata.generation ?? 1) + 1;
  });

/** Images by node, of pods that are not on their way out: no agent is here to end those. */
function images(): Record<string, string> {
  const live = [...running.context.reflector.cache('pods').list()].filter((pod) => !pod.metadata.deletionTimestamp);
  return Object.fromEntries(live.map(({ object: { spec } }) => [spec?.nodeName, spec?.containers[0]?.image]));
}

const status = async () => (await running.get('daemonsets.apps', 'default', 'held'))?.status;

beforeAll(async () => {
  running = await runControllers(['daemonset']);
  await node('a');
  await running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'held', namespace: 'default', generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'held' } },
      template: { metadata: { labels: { app: 'held' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
    },
  });
  await eventually(() => expect(images()).toEqual({ a: 'one' }));
});

afterAll(() => running.stop());

describe('a DaemonSet that is held', () => {
  it('updates no pod while it is paused, and still serves new nodes', async () => {
    await hold({ 'everynode.io/paused': 'true' });
    await useImage('two');
    await node('b');
    await eventually(() => expect(images()).toEqual({ a: 'one', b: 'two' }));
    await running.settled();
    expect(images()).toEqual({ a: 'one', b: 'two' });
    await eventually(async () =>
      expect((await status())?.conditions?.slice(-1)).toEqual([
        expect.objectContaining({
          type: 'Paused',
          status: 'True',
          reason: 'Paused',
          message: 'everynode.io/paused holds updates; 1 of 2 nodes have the newest revision',
        }),
      ]),
    );
  });

  it('does nothing at all while it is frozen', async () => {
    await hold({ 'everynode.io/frozen': 'true' });
    await node('c');
    await eventually(async () => expect((await status())?.conditions?.at(-1)?.reason).toBe('Frozen'));
    await eventually(async () => expect((await status())?.desiredNumberScheduled).toBe(3));
    await running.settled();
    expect(images()).toEqual({ a: 'one', b: 'two' });
  });

  it('leaves as many nodes with the old revision as its partition says', async () => {
    await hold({ 'everynode.io/partition': '1' });
    await eventually(() => expect(images()).toEqual({ a: 'one', b: 'two', c: 'two' }));
    await running.settled();
    expect(images()).toEqual({ a: 'one', b: 'two', c: 'two' });
  });

  it('goes on where it was when it is let go', async () => {
    await hold({});
    // The old pod on a is told to go; without an agent it stays there, on its way out.
    await eventually(() => expect(images()).toEqual({ b: 'two', c: 'two' }));
    await eventually(async () => expect((await status())?.conditions).toBeUndefined());
  });
});
