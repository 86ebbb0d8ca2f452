import type { Node, Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

let running: RunningControllers;

const daemonSet = async (name: string) => {
  const found = await running.get('daemonsets.apps', 'default', name);
  if (!found) throw new Error(`there is no DaemonSet ${name}`);
  return found;
};

const make = (name: string, annotations: Record<string, string>) =>
  running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: 'default', generation: 1, annotations },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'one', resources: { requests: { cpu: '1' } } }] },
      },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
    },
  });

const useImage = (name: string, image: string) =>
  running.change('daemonsets.apps', 'default', name, (object) => {
    const container = object.spec?.template.spec?.containers[0];
    if (container) Object.assign(container, { image });
    object.metadata.generation = (object.metadata.generation ?? 1) + 1;
  });

const pods = (name: string): Pod[] =>
  [...running.context.reflector.cache('pods').list()]
    .map(({ object }) => object)
    .filter(({ metadata }) => metadata?.labels?.app === name);

/** What an agent would do: pods that are to go are gone, and those with a good image are ready. */
async function obey(name: string): Promise<void> {
  for (const { metadata, spec } of pods(name)) {
    if (metadata?.deletionTimestamp) {
      await running.remove('pods', 'default', metadata.name ?? '');
      continue;
    }
    const good = spec?.containers[0]?.image !== 'bad';
    await running.change('pods', 'default', metadata?.name ?? '', (object) => {
      object.status = {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: good ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
      };
    });
  }
}

const node = (name: string, labels: Record<string, string> = {}) =>
  running.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels },
    spec: {},
    status: { allocatable: { cpu: '4', pods: '110' } } as Node['status'],
  });

beforeAll(async () => {
  running = await runControllers(['daemonset']);
  await node('a', { size: 'large' });
  await node('b');
});

afterAll(() => running.stop());

describe('a rollout that makes no progress', () => {
  const asked = { 'everynode.io/progress-deadline-seconds': '1', 'everynode.io/rollback-on-deadline': 'true' };

  it('goes back to the last revision that every node ran, and is not tried again', async () => {
    await make('d', asked);
    await eventually(async () => {
      await obey('d');
      expect((await daemonSet('d')).metadata.annotations?.['everynode.io/last-good-revision']).toBeDefined();
    });
    await useImage('d', 'bad');
    await eventually(async () => {
      await obey('d');
      expect((await daemonSet('d')).spec?.template.spec?.containers[0]?.image).toBe('one');
    });
    const { metadata } = await daemonSet('d');
    expect(metadata).toMatchObject({
      generation: 3,
      annotations: { 'everynode.io/failed-revision': expect.any(String) },
    });
    expect(running.events.map(({ reason }) => reason)).toEqual(
      expect.arrayContaining(['ProgressDeadlineExceeded', 'RolledBack']),
    );
    await eventually(async () => {
      await obey('d');
      expect(pods('d').map(({ spec }) => spec?.containers[0]?.image)).toEqual(['one', 'one']);
      expect((await daemonSet('d')).status).toMatchObject({ updatedNumberScheduled: 2, numberAvailable: 2 });
    });
    // A pipeline applies the same manifest again.
    await useImage('d', 'bad');
    await eventually(async () =>
      expect((await daemonSet('d')).status?.conditions).toContainEqual(
        expect.objectContaining({ type: 'Paused', reason: 'RevisionFailed' }),
      ),
    );
    await running.settled();
    expect(pods('d').map(({ spec }) => spec?.containers[0]?.image)).toEqual(['one', 'one']);
  });
});

describe('a rollout that was held for longer than its deadline', () => {
  const asked = { 'everynode.io/progress-deadline-seconds': '6', 'everynode.io/rollback-on-deadline': 'true' };
  const annotate = (changes: Record<string, string | undefined>) =>
    running.change('daemonsets.apps', 'default', 'held', ({ metadata }) => {
      const all = { ...metadata.annotations, ...changes };
      metadata.annotations = Object.fromEntries(
        Object.entries(all).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]])),
      );
    });
  const images = () => pods('held').map(({ spec }) => spec?.containers[0]?.image);

  it('goes on when it is resumed, and its revision is not noted as failed', { timeout: 40_000 }, async () => {
    await make('held', asked);
    await eventually(async () => {
      await obey('held');
      expect((await daemonSet('held')).metadata.annotations?.['everynode.io/last-good-revision']).toBeDefined();
    });
    await annotate({ 'everynode.io/paused': 'true' });
    await useImage('held', 'two');
    const heldAt = Date.now();
    await eventually(() => expect(Date.now() - heldAt).toBeGreaterThan(9000), 20_000);
    expect(images()).toEqual(['one', 'one']);
    await annotate({ 'everynode.io/paused': undefined });
    await eventually(async () => {
      await obey('held');
      expect(images()).toEqual(['two', 'two']);
      expect((await daemonSet('held')).status?.conditions).toContainEqual(
        expect.objectContaining({ type: 'Progressing', status: 'True', reason: 'RolloutComplete' }),
      );
    }, 20_000);
    const { metadata, spec } = await daemonSet('held');
    expect(metadata.annotations).not.toHaveProperty(['everynode.io/failed-revision']);
    expect(spec?.template.spec?.containers[0]?.image).toBe('two');
    const about = running.events.filter(({ subject }) => subject.name === 'held').map(({ reason }) => reason);
    expect(about).not.toContain('ProgressDeadlineExceeded');
    expect(about).not.toContain('RolledBack');
  });
});

describe('resources for some nodes', () => {
  const requestOn = (name: string) =>
    Object.fromEntries(
      pods(name)
        .filter(({ metadata }) => !metadata?.deletionTimestamp)
        .map(({ spec }) => [spec?.nodeName, spec?.containers[0]?.resources?.requests?.cpu]),
    );
  const overrides = (cpu: string) => ({
    'everynode.io/resource-overrides': `- {nodeSelector: size=large, containers: {main: {requests: {cpu: "${cpu}"}}}}`,
  });

  it('are those of the first override that selects the node, and follow its changes', async () => {
    await make('sized', overrides('1500m'));
    await eventually(() => expect(requestOn('sized')).toEqual({ a: '1500m', b: '1' }));
    await obey('sized');
    await running.change('daemonsets.apps', 'default', 'sized', ({ metadata }) => {
      metadata.annotations = overrides('1200m');
    });
    await eventually(async () => {
      await obey('sized');
      expect(requestOn('sized')).toEqual({ a: '1200m', b: '1' });
    });
    const kept = pods('sized').find(({ spec }) => spec?.nodeName === 'b');
    await running.change('nodes', '', 'b', ({ metadata }) => {
      metadata.labels = { size: 'large' };
    });
    await eventually(async () => {
      await obey('sized');
      expect(requestOn('sized')).toEqual({ a: '1200m', b: '1200m' });
    });
    expect(pods('sized').map(({ metadata }) => metadata?.uid)).not.toContain(kept?.metadata?.uid);
  });
});

describe('a rate of creations', () => {
  it('lets one pod after another be made, and all in the end', async () => {
    const seen: number[] = [];
    await make('slow', { 'everynode.io/creates-per-minute': '60' });
    await eventually(() => {
      seen.push(pods('slow').length);
      expect(pods('slow')).toHaveLength(2);
    });
    expect(seen).toContain(1);
    const times = pods('slow').map(({ metadata }) => Date.parse(String(metadata?.creationTimestamp)));
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(1000);
  });
});
