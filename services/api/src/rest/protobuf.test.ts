import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF, readObject, writeObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

describe('clients that speak protobuf, as those in Go do unless told otherwise', () => {
  let backends: Backends;
  let api: RunningApi;
  const PREFERS = `${PROTOBUF},application/json`;

  beforeAll(async () => {
    backends = await startBackends();
    api = await startReplica(backends);
  }, 60_000);
  afterAll(async () => {
    await api.close();
    await backends.stop();
  });

  const send = async (method: string, path: string, object?: { apiVersion: string; kind: string }) => {
    const body = object && { body: writeObject(object), contentType: PROTOBUF };
    const { status, headers, bytes } = await api.request(method, path, { accept: PREFERS, ...body });
    expect(headers['content-type']).toBe(PROTOBUF);
    return { status, object: readObject(bytes) };
  };

  const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
  const set = (name: string) => ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, generateName: '', labels: { app: name } },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        // What Go writes for fields that were not set: zero values.
        spec: { containers: [{ name: 'c', image: 'i:1', workingDir: '', stdin: false }], nodeName: '', priority: 0 },
      },
      updateStrategy: { type: '' },
      minReadySeconds: 0,
    },
  });

  it('are understood, and their objects are those of a client in JSON', async () => {
    const made = await send('POST', SETS, set('from-go'));
    expect([made.status, made.object.kind, made.object.metadata.generation]).toEqual([201, 'DaemonSet', 1]);
    const plain = structuredClone(set('from-json')) as unknown as { spec: { template: { spec: object } } };
    expect((await api.request('POST', SETS, { body: plain })).status).toBe(201);
    const specs = await Promise.all(
      ['from-go', 'from-json'].map(async (name) => {
        const { json } = await api.request('GET', `${SETS}/${name}`);
        return JSON.stringify(json.spec).replaceAll(name, 'NAME');
      }),
    );
    expect(specs[0]).toBe(specs[1]);
    expect(specs[0]).toContain('"maxUnavailable":1');
    expect(specs[0]).not.toContain('workingDir');
  });

  it('replace what they read, and are told of conflicts', async () => {
    const { object } = await send('GET', `${SETS}/from-go`);
    const changed = structuredClone(object);
    changed.spec.minReadySeconds = 5;
    expect((await send('PUT', `${SETS}/from-go`, changed)).object.metadata.generation).toBe(2);
    const stale = await send('PUT', `${SETS}/from-go`, changed);
    expect([stale.status, stale.object.kind, stale.object.reason]).toEqual([409, 'Status', 'Conflict']);
    const status = structuredClone(object);
    status.metadata.resourceVersion = undefined;
    status.status = { ...status.status, numberReady: 3, desiredNumberScheduled: 3 };
    expect((await send('PUT', `${SETS}/from-go/status`, status)).object.status.numberReady).toBe(3);
  });

  it('list and watch, with initial events and a bookmark at their end', async () => {
    const { object } = await send('GET', SETS);
    expect([object.kind, object.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)]).toEqual([
      'DaemonSetList',
      ['from-go', 'from-json'],
    ]);
    const query = 'watch=true&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const watch = api.watch(`${SETS}?${query}`, PREFERS);
    const types = () => watch.events.map(({ type }) => type);
    await eventually(() => expect(types()).toEqual(['ADDED', 'ADDED', 'BOOKMARK']));
    expect(watch.events[2]?.object.metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' });
    await api.request('PATCH', `${SETS}/from-json`, {
      body: { metadata: { labels: { x: 'y' } } },
      contentType: 'application/merge-patch+json',
    });
    await eventually(() => expect(types()).toEqual(['ADDED', 'ADDED', 'BOOKMARK', 'MODIFIED']));
    expect(watch.events[3]?.object.metadata.labels.x).toBe('y');
    watch.close();
  });

  it('read metadata alone', async () => {
    const accept = `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`;
    const list = readObject((await api.request('GET', SETS, { accept })).bytes);
    expect([list.kind, list.items.length, list.items[0].spec]).toEqual(['PartialObjectMetadataList', 2, undefined]);
  });

  it('delete with options of any group', async () => {
    const options = { apiVersion: 'apps/v1', kind: 'DeleteOptions', preconditions: { uid: 'another' } };
    expect((await send('DELETE', `${SETS}/from-go`, options)).status).toBe(409);
    const gone = await send('DELETE', `${SETS}/from-go`, { apiVersion: 'apps/v1', kind: 'DeleteOptions' });
    expect([gone.status, gone.object.kind, gone.object.status]).toEqual([200, 'Status', 'Success']);
  });

  it('ask what they may do', async () => {
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb: 'list', resource: 'pods' } },
    };
    const { status, object } = await send('POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review);
    expect([status, object.status.allowed, object.spec.resourceAttributes.verb]).toEqual([201, true, 'list']);
  });

  it.each([
    ['no prefix', Buffer.from('{}')],
    ['no message', Buffer.from('k8s\0\xff\xff\xff', 'latin1')],
    ['a cut message', writeObject(set('cut')).subarray(0, 60)],
  ])('are answered 400 for %s', async (_name, body) => {
    const { status, json } = await api.request('POST', SETS, { body, contentType: PROTOBUF });
    expect([status, json.reason]).toEqual([400, 'BadRequest']);
  });
});
