import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import type { OpenWatch } from '../../testing/test-client.js';

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
const shown = (watch: OpenWatch): string[] =>
  watch.events.filter(({ type }) => type !== 'BOOKMARK').map(({ type, object }) => `${type} ${object.metadata.name}`);
/** There is no relay here, so the cache reads the journal. */
const settle = async (watch: OpenWatch, expected: string[], replica = api) => {
  await eventually(async () => {
    await replica.context.reflector.catchUp();
    expect(shown(watch)).toEqual(expected);
  });
};

describe('a watch', () => {
  it('shows what is there, then what happens, once and in order', async () => {
    await create('first', { w: '1' });
    const watch = api.watch(`${MAPS}?watch=true&labelSelector=w%3D1`);
    await eventually(() => expect(shown(watch)).toEqual(['ADDED first']));
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

  it('ends with 410 when its revision is too old', async () => {
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

  it('waits in silence for a revision that is to come', async () => {
    const now = await create('present', { f: '1' });
    const watch = api.watch(`${MAPS}?watch=1&labelSelector=f&resourceVersion=${Number(now) + 1}`);
    await eventually(() => expect(watch.status).toBe(200));
    await label('present', { g: '1' });
    await label('present', { g: '2' });
    await settle(watch, ['MODIFIED present']);
    watch.close();
  });

  it('shows an object that leaves as it last was selected, at the revision at which it left', async () => {
    await create('leaver', { in: 'yes' });
    const watch = api.watch(`${MAPS}?watch=1&labelSelector=in`);
    await eventually(() => expect(shown(watch)).toEqual(['ADDED leaver']));
    const left = (await label('leaver', { in: null, out: 'yes' })).json.metadata.resourceVersion;
    await settle(watch, ['ADDED leaver', 'DELETED leaver']);
    expect(watch.events.at(-1)?.object.metadata).toMatchObject({ labels: { in: 'yes' }, resourceVersion: left });
    watch.close();
  });

  it('follows one object, by field selector or under a path of the old form', async () => {
    await create('single');
    const paths = [
      `${MAPS}?watch=1&fieldSelector=metadata.name%3Dsingle`,
      '/api/v1/watch/namespaces/default/configmaps/single',
    ];
    const watches = paths.map((path) => api.watch(path));
    await eventually(() => expect(watches.map(shown)).toEqual([['ADDED single'], ['ADDED single']]));
    await create('double');
    await label('single', { seen: 'yes' });
    for (const watch of watches) {
      await settle(watch, ['ADDED single', 'MODIFIED single']);
      watch.close();
    }
    const all = api.watch('/api/v1/watch/configmaps');
    await eventually(() => expect(shown(all)).toContain('ADDED double'));
    all.close();
  });

  it('bookmarks where it stands before it ends', async () => {
    const from = await create('bookmarked');
    const watch = api.watch(`${MAPS}?watch=1&allowWatchBookmarks=1&timeoutSeconds=3&resourceVersion=${from}`);
    await watch.ended;
    const [bookmark] = watch.events;
    expect(bookmark).toMatchObject({ type: 'BOOKMARK', object: { kind: 'ConfigMap', apiVersion: 'v1' } });
    expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(from));
    expect(bookmark?.object.metadata.annotations).toBeUndefined();
  });

  it.each([
    ['from nowhere', ''],
    ['from anywhere', '&resourceVersion=0'],
  ])('marks the end of what was there, %s, for clients that know bookmarks', async (_what, query) => {
    const watch = api.watch(`${MAPS}?watch=1&allowWatchBookmarks=1&fieldSelector=metadata.name%3Dsingle${query}`);
    await eventually(() => expect(watch.events.at(-1)?.type).toBe('BOOKMARK'));
    expect(watch.events.at(-1)?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    watch.close();
  });

  it('begins without what is there when it asks for that', async () => {
    const watch = api.watch(
      `${MAPS}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=1`,
    );
    await eventually(() => expect(watch.status).toBe(200));
    await create('after-the-start');
    await settle(watch, ['ADDED after-the-start']);
    watch.close();
  });

  it('shows only metadata', async () => {
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const watch = api.watch(`${MAPS}?watch=1&fieldSelector=metadata.name%3Dsingle`, accept);
    await eventually(() => expect(watch.events[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata' }));
    watch.close();
  });

  it('is refused before it begins when its revision is none', async () => {
    const { json } = await api.request('GET', `${MAPS}?watch=1&resourceVersion=new`);
    expect(json).toMatchObject({ code: 422, reason: 'Invalid', details: { causes: [{ field: 'resourceVersion' }] } });
  });

  it('knows on another replica what objects were before its history began', async () => {
    const before = await create('relabelled', { team: 'red' });
    await label('relabelled', { team: 'blue' });
    const other = await startReplica(backends);
    const watch = other.watch(`${MAPS}?watch=1&labelSelector=team%3Dred&resourceVersion=${before}`);
    await settle(watch, ['DELETED relabelled'], other);
    await other.close();
  });
});

describe('a client that does not read', () => {
  const large = { text: 'x'.repeat(900_000) };
  const change = (name: string, i: number) =>
    api.request('PATCH', `${MAPS}/${name}`, {
      body: { data: { ...large, i: String(i) } },
      contentType: 'application/merge-patch+json',
    });

  it('gets all that it missed when it reads again, once and in order', async () => {
    await create('patient');
    const stalled = api.stall(`${MAPS}?watch=1&fieldSelector=metadata.name%3Dpatient`);
    for (let i = 0; i < 16; i += 1) await change('patient', i);
    await api.context.reflector.catchUp();
    const lines = (await stalled.read((text) => text.includes('"i":"15"'))).trim().split('\n');
    stalled.close();
    const seen = lines.map((line) => JSON.parse(line).object.data?.i);
    expect(seen).toEqual([undefined, ...Array.from({ length: 16 }, (_, i) => String(i))]);
  });

  it('is cut off in the end, and others are not held up', async () => {
    const replica = await startReplica(backends, { watchStallMs: 4000 });
    await create('impatient');
    const stalled = replica.stall(`${MAPS}?watch=1&fieldSelector=metadata.name%3Dimpatient`);
    const reader = replica.watch(`${MAPS}?watch=1&fieldSelector=metadata.name%3Dimpatient`);
    await eventually(() => expect(shown(reader)).toEqual(['ADDED impatient']));
    for (let i = 0; i < 16; i += 1) await change('impatient', i);
    await eventually(async () => {
      await replica.context.reflector.catchUp();
      expect(reader.events.at(-1)?.object.data?.i).toBe('15');
    });
    const { watches } = replica.context;
    // From one turn of the event loop to the next: at none of them is a watch cut off and counted still.
    while (watches.dropped === 0) await new Promise(setImmediate);
    expect(watches.watchers).toBe(1);
    expect((await replica.request('GET', '/metrics')).text).toContain('everynode_api_watchers_dropped 1');
    stalled.close();
    reader.close();
    await replica.close();
  });
});
