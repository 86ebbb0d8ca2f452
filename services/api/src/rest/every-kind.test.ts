import { apiVersionOf, type ResourceDefinition, resources } from '@everynode/objects';
import { sampleObject } from '@everynode/objects/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';

function collectionOf({ group, version, plural, namespaced }: ResourceDefinition): string {
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`;
  return `${root}/${namespaced ? 'namespaces/default/' : ''}${plural}`;
}

const resourceOf = ({ group, plural }: ResourceDefinition) => (group ? `${plural}.${group}` : plural);

/**
 * Requests for certificates need a real one, and definitions of custom resources are served: they have tests of their
 * own.
 */
const WITH_OWN_TESTS = ['CertificateSigningRequest', 'CustomResourceDefinition'];
const creatable = resources.filter(({ verbs, kind }) => verbs.includes('create') && !WITH_OWN_TESTS.includes(kind));

describe('every kind', () => {
  it.each(creatable.map((one) => [`${one.plural} ${apiVersionOf(one)}`, one] as const))('%s', async (_name, one) => {
    const at = collectionOf(one);
    const sent = sampleObject(one, `s-${one.plural}-${one.version}-${one.group.length}`);
    const { name } = sent.metadata;
    const path = `${at}/${name}`;
    const missing = `${resourceOf(one)} "${name}" not found`;
    expect((await api.request('DELETE', path)).json).toMatchObject({ code: 404, message: missing });
    expect((await api.request('GET', path)).json).toMatchObject({ code: 404, message: missing });

    const created = await api.request('POST', at, { body: sent });
    expect([created.status, created.json.message]).toEqual([201, undefined]);
    expect(created.json).toMatchObject({ kind: one.kind, apiVersion: apiVersionOf(one) });
    expect((await api.request('POST', at, { body: sent })).json).toMatchObject({ code: 409, reason: 'AlreadyExists' });

    const { json } = await api.request('GET', path);
    const read = readObject((await api.request('GET', path, { accept: PROTOBUF })).bytes);
    // Protobuf has no null.
    const values = (_key: string, value: unknown) => (value === null ? undefined : value);
    expect(read).toEqual(JSON.parse(JSON.stringify(json, values)));
    const table = await api.request('GET', path, { accept: TABLE });
    expect(table.json.rows[0].cells).toHaveLength(table.json.columnDefinitions.length);
    expect(table.json.rows[0].cells).not.toContain(null);
    expect((await api.request('GET', at)).json.items.map((item: typeof json) => item.metadata.name)).toContain(name);

    // A second apply of the same, and what was read, change nothing.
    const { resourceVersion } = json.metadata;
    const again = await api.request('PUT', path, { body: json });
    expect([again.status, again.json.message, again.json.metadata?.resourceVersion]).toEqual([
      200,
      undefined,
      resourceVersion,
    ]);
    const apply = () => api.request('PATCH', `${path}?fieldManager=t&force=true`, { body: sent, contentType: APPLY });
    const applied = await apply();
    expect([applied.status, applied.json.message]).toEqual([200, undefined]);
    expect((await apply()).json.metadata.resourceVersion).toBe(applied.json.metadata.resourceVersion);
    const labelled = await api.request('PATCH', path, {
      body: { metadata: { labels: { a: 'b' } } },
      contentType: MERGE,
    });
    expect([labelled.status, labelled.json.metadata?.labels?.a]).toEqual([200, 'b']);
    for (const subresource of ['status', 'scale']) {
      if (!one.subresources.some((sub) => sub.name === subresource)) continue;
      const part = await api.request('GET', `${path}/${subresource}`);
      const { status, json: written } = await api.request('PUT', `${path}/${subresource}`, { body: part.json });
      expect([status, written.message, written.kind]).toEqual([200, undefined, part.json.kind]);
    }
    expect((await api.request('DELETE', `${path}?propagationPolicy=Background`)).status).toBe(200);
    if (one.kind === 'Namespace' || one.kind === 'Pod') return;
    expect((await api.request('DELETE', path)).json).toMatchObject({ code: 404, message: missing });
  });
});

it('keeps the pods of a Job and of a ReplicationController unless told, and warns of it for a Job', async () => {
  for (const [path, kind] of [
    ['/apis/batch/v1/namespaces/default/jobs', 'Job'],
    ['/api/v1/namespaces/default/replicationcontrollers', 'ReplicationController'],
  ] as const) {
    const labels = { app: 'kept' };
    const spec = { containers: [{ name: 'c', image: 'i' }], restartPolicy: kind === 'Job' ? 'Never' : 'Always' };
    const template = { metadata: { labels }, spec };
    expect(
      (await api.request('POST', path, { body: { metadata: { name: 'kept' }, kind, spec: { template } } })).status,
    ).toBe(201);
    const { json, headers } = await api.request('DELETE', `${path}/kept`);
    expect(json.metadata.finalizers).toEqual(['orphan']);
    expect(String(headers.warning)).toEqual(kind === 'Job' ? expect.stringContaining('child pods') : 'undefined');
  }
});

describe('a kind that nothing acts on', () => {
  it('says so once, when an object is created', async () => {
    const at = '/apis/networking.k8s.io/v1/namespaces/default/ingresses';
    const ingresses = resources.find(({ kind }) => kind === 'Ingress') as ResourceDefinition;
    const created = await api.request('POST', at, { body: sampleObject(ingresses, 'idle') });
    expect(created.headers.warning).toContain('Everynode stores the Ingress, and nothing acts on it');
    const again = await api.request('PUT', `${at}/idle`, { body: created.json });
    expect(again.headers.warning).toBeUndefined();
  });
});

describe('scale', () => {
  it('reads and writes how many replicas are wanted', async () => {
    const at = '/apis/apps/v1/namespaces/default/deployments';
    const deployments = resources.find(({ kind }) => kind === 'Deployment') as ResourceDefinition;
    const { json } = await api.request('POST', at, { body: sampleObject(deployments, 'web') });
    const path = `${at}/web/scale`;
    const scale = await api.request('GET', path);
    expect(scale.json).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'web', uid: json.metadata.uid, resourceVersion: json.metadata.resourceVersion },
      spec: { replicas: 1 },
      status: { replicas: 0, selector: 'app=s' },
    });
    const wanted = { ...scale.json, spec: { replicas: 4 } };
    expect((await api.request('PUT', path, { body: wanted })).json.spec).toEqual({ replicas: 4 });
    const after = (await api.request('GET', `${at}/web`)).json;
    expect([after.spec.replicas, after.metadata.generation]).toEqual([4, 2]);
    expect(after.spec.template).toEqual(json.spec.template);
    expect((await api.request('PUT', path, { body: wanted })).json.message).toBe(
      'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
    );
    const patched = await api.request('PATCH', path, { body: { spec: { replicas: -1 } }, contentType: MERGE });
    expect(patched.json).toMatchObject({
      code: 422,
      message:
        'Scale.autoscaling "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    });
    expect((await api.request('GET', `${at}/none/scale`)).json.message).toBe('deployments.apps "none" not found');
  });
});
