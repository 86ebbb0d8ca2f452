import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Backends,
  type OpenWatch,
  type RunningApi,
  startBackends,
  startReplica,
} from '../../fixtures/running-api.js';

const MAPS = '/api/v1/namespaces/default/configmaps';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
});

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const create = async (name: string, labels: object = {}): Promise<string> =>
  (await api.request('POST', MAPS, { body: { metadata: { name, labels } } })).json.metadata.resourceVersion;
const label = (name: string, labels: object) =>
  api.request('PATCH', `${MAPS}/${name}`, {
    body: { metadata: { labels } },
    contentType: 'application/merge-patch+json',
  });
const told = (watch: OpenWatch): string[] =>
  watch.events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => `${type} ${object.metadata.name}`);
/** There is no relay here, so the cache is told to look. */
const settle = async (watch: OpenWatch, expected: string[], replica = api) => {
  await eventually(async () => {
    await replica.context.reflector.catchUp();
    expect(told(watch)).toEqual(expected);
  });
};

describe('a watch', () => {
  it('shows what is there, then what happens, once and in order', async () => {
    await create('first', { w: '1' });
    const watch = api.watch(`${MAPS}?watch=true&labelSelector=w%3D1`);
    await eventually(() => expect(told(watch)).toEqual(['ADDED first']));
    await create('second', { w: '1' });
    await create('unseen', { w: '2' });
    await label('first', { x: 'y' });
    await label('second', { w: '3' });
    await label('unseen', { w: '1' });
    await api.request('DELETE', `${MAPS}/first`);
    await settle(watch, [
      'ADDED first',
      'ADDED second',
      'MODIFIED first',
      'DELETED second',
      'ADDED unseen',
      'DELETED first',
    ]);
    const revisions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    watch.close();
  });

  it('goes on from a revision, on another replica too, without a gap or a repetition', async () => {
    const from = await create('before', { r: '1' });
    const late = await create('missed', { r: '1' });
    const other = await startReplica(backends);
    const watch = other.watch(`${MAPS}?watch=1&labelSelector=r%3D1&resourceVersion=${from}`);
    await settle(watch, ['ADDED missed'], other);
    await create('later', { r: '1' });
    await settle(watch, ['ADDED missed', 'ADDED later'], other);
    expect(Number(watch.events[0]?.object.metadata.resourceVersion)).toBe(Number(late));
    await other.close();
    await watch.ended;
  });

  it('says that it is gone when its revision is too old', async () => {
    for (const subscriber of [api]) subscriber.context.watches.onRelisted(api.context.reflector.revision);
    const watch = api.watch(`${MAPS}?watch=1&resourceVersion=1`);
    await watch.ended;
    expect(watch.events.map(({ type, object }) => [type, object.code, object.reason])).toEqual([
      ['ERROR', 410, 'Expired'],
    ]);
  });

  it('begins with a list that has an end, when asked', async () => {
    const watch = api.watch(
      `${MAPS}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    );
    await eventually(() => expect(watch.events.at(-1)?.type).toBe('BOOKMARK'));
    expect(watch.events.at(-1)?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    watch.close();
  });

  it('ends when its time is up', async () => {
    const watch = api.watch(`${MAPS}?watch=1&timeoutSeconds=1`);
    await watch.ended;
    expect(watch.events.length).toBeGreaterThan(0);
  });

  it('speaks in tables', async () => {
    const watch = api.watch(`${MAPS}?watch=1`, 'application/json;as=Table;v=v1;g=meta.k8s.io');
    await eventually(() => expect(watch.events.length).toBeGreaterThan(1));
    expect(watch.events.map(({ object }) => object.kind)).toEqual(watch.events.map(() => 'Table'));
    expect(watch.events.map(({ object }) => object.columnDefinitions === null)).toEqual(
      watch.events.map((_event, i) => i > 0),
    );
    watch.close();
  });
});
