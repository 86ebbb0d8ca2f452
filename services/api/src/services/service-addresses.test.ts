import { resourceByStorage } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';
import { commit } from '../write/commit.js';
import { toStored } from '../write/stored-object.js';

let backends: Backends;
let api: RunningApi;
let other: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
  other = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  await api.close();
  await other.close();
  await backends.stop();
});

const AT = '/api/v1/namespaces/default/services';
const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';
const MERGE = 'application/merge-patch+json';
const ports = [{ port: 80 }];
const service = (name: string, spec: object = { ports }) => ({ metadata: { name }, spec });
const create = (name: string, spec?: object, replica = api) =>
  replica.request('POST', AT, { body: service(name, spec) });
const patch = (name: string, spec: object) =>
  api.request('PATCH', `${AT}/${name}`, { body: { spec }, contentType: MERGE });

describe('a service', () => {
  it('gets an address, which stays', async () => {
    const { status, json } = await create('plain');
    expect(status).toBe(201);
    expect(json.spec).toEqual({
      clusterIP: expect.stringMatching(/^10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/),
      clusterIPs: [json.spec.clusterIP],
      internalTrafficPolicy: 'Cluster',
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    });
    const reserved = await api.request('GET', `${ADDRESSES}/${json.spec.clusterIP}`);
    expect(reserved.json.spec.parentRef).toEqual({ resource: 'services', namespace: 'default', name: 'plain' });
    // A client that leaves it out keeps it, as does an apply.
    const put = await api.request('PUT', `${AT}/plain`, { body: { ...service('plain'), metadata: json.metadata } });
    expect([put.status, put.json.spec.clusterIP]).toEqual([200, json.spec.clusterIP]);
    expect((await patch('plain', { clusterIP: '10.96.7.7', clusterIPs: ['10.96.7.7'] })).json).toMatchObject({
      code: 422,
      message: expect.stringContaining('spec.clusterIPs[0]: Invalid value: ["10.96.7.7"]: may not change once set'),
    });
  });

  it('gets one that no other has, whichever replica is asked', async () => {
    const wanted = { ports, clusterIP: '10.96.0.77' };
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, at) => create(`same-${at}`, wanted, at % 2 ? api : other)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 422, 422, 422, 422, 422]);
    const refused = answers.find(({ status }) => status === 422);
    expect(refused?.json.message).toContain(
      'spec.clusterIPs: Invalid value: ["10.96.0.77"]: failed to allocate IP 10.96.0.77: provided IP is already allocated',
    );
  });

  it('takes no address when it exists', async () => {
    await create('there');
    const again = await create('there', { ports, clusterIP: '10.96.0.99' });
    expect([again.status, again.json.reason]).toEqual([409, 'AlreadyExists']);
    expect((await api.request('GET', `${ADDRESSES}/10.96.0.99`)).status).toBe(404);
  });

  it('takes the address of one that is gone, as if nothing had had it', async () => {
    const target = {
      definition: resourceByStorage('ipaddresses.networking.k8s.io'),
      namespace: '',
      name: '10.96.0.66',
    };
    const old = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IPAddress',
      metadata: { name: target.name, uid: 'u', creationTimestamp: '2020-01-01T00:00:00Z' },
      spec: { parentRef: { resource: 'services', namespace: 'default', name: 'long-gone' } },
    };
    const decide = () => ({ kind: 'create' as const, uid: 'u', ...toStored(target.definition, old) });
    await commit(api.context, { target, dryRun: false, decide });
    expect((await create('takes-over', { ports, clusterIP: target.name })).status).toBe(201);
    const { metadata, spec } = (await api.request('GET', `${ADDRESSES}/${target.name}`)).json;
    expect([metadata.uid, spec.parentRef.name]).toEqual(['u', 'takes-over']);
    expect(metadata.creationTimestamp).not.toBe('2020-01-01T00:00:00Z');
  });

  it('gives its address back', async () => {
    await create('brief', { ports, clusterIP: '10.96.0.88' });
    await api.request('DELETE', `${AT}/brief`);
    await eventually(async () => {
      expect((await api.request('GET', `${ADDRESSES}/10.96.0.88`)).status).toBe(404);
    });
    expect((await create('next', { ports, clusterIP: '10.96.0.88' })).status).toBe(201);
  });

  it('has none when it is headless, or a name elsewhere', async () => {
    const headless = await create('headless', { clusterIP: 'None', selector: { a: 'b' }, ports });
    expect(headless.json.spec).toMatchObject({ clusterIP: 'None', clusterIPs: ['None'], ipFamilies: ['IPv4'] });
    const external = await create('external', { type: 'ExternalName', externalName: 'db.example' });
    expect(external.json.spec).toEqual({ externalName: 'db.example', sessionAffinity: 'None', type: 'ExternalName' });
    const changed = await patch('external', { type: 'ClusterIP', externalName: null, ports });
    expect(changed.json.spec.clusterIP).toMatch(/^10\./);
    await eventually(async () => {
      expect((await api.request('GET', `${ADDRESSES}/${changed.json.spec.clusterIP}`)).status).toBe(200);
    });
  });

  it('gets ports of the nodes, and loses them with its type', async () => {
    const { json } = await create('node-port', { type: 'NodePort', ports });
    const { nodePort } = json.spec.ports[0];
    expect(nodePort).toBeGreaterThanOrEqual(30_000);
    expect(json.spec.externalTrafficPolicy).toBe('Cluster');
    const taken = await create('taken', { type: 'NodePort', ports: [{ port: 80, nodePort }] });
    expect(taken.json.message).toContain(
      `spec.ports[0].nodePort: Invalid value: ${nodePort}: provided port is already allocated`,
    );
    const far = await create('far', { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] });
    expect(far.json.message).toContain('The range of valid ports is 30000-32767');
    const put = await api.request('PUT', `${AT}/node-port`, {
      body: { ...service('node-port', { type: 'NodePort', ports }), metadata: json.metadata },
    });
    expect(put.json.spec.ports[0].nodePort).toBe(nodePort);
    const inner = await patch('node-port', { type: 'ClusterIP' });
    expect([inner.status, inner.json.spec.ports[0].nodePort, inner.json.spec.externalTrafficPolicy]).toEqual([
      200,
      undefined,
      undefined,
    ]);
  });

  it('gets a port for the health checks of its load balancer, and loses it with the need', async () => {
    const local = { ports, type: 'LoadBalancer', externalTrafficPolicy: 'Local' };
    const { status, json } = await create('checked', local);
    const { healthCheckNodePort: port } = json.spec;
    expect([status, port >= 30_000 && port <= 32_767]).toEqual([201, true]);
    expect(json.spec.ports[0].nodePort).not.toBe(port);
    const taken = await create('checked-too', { ...local, healthCheckNodePort: port });
    expect(taken.json.message).toContain(
      `spec.healthCheckNodePort: Invalid value: ${port}: provided port is already allocated`,
    );
    const cluster = await patch('checked', { externalTrafficPolicy: 'Cluster' });
    expect([cluster.status, cluster.json.spec.healthCheckNodePort]).toEqual([200, undefined]);
    const again = await patch('checked', { externalTrafficPolicy: 'Local' });
    expect(again.json.spec.healthCheckNodePort).toBeGreaterThanOrEqual(30_000);
  });

  it('gets another port of the nodes for a port that is added before those it has', async () => {
    const { json } = await create('grows', { type: 'NodePort', ports: [{ name: 'a', port: 1 }] });
    const [had] = json.spec.ports;
    const grown = await patch('grows', { ports: [{ name: 'b', port: 2 }, had] });
    expect(grown.status).toBe(200);
    const [added, kept] = grown.json.spec.ports;
    expect(kept.nodePort).toBe(had.nodePort);
    expect(added.nodePort).not.toBe(had.nodePort);
  });

  it('keeps its spec when its status is written', async () => {
    const { json } = await create('status', { type: 'NodePort', ports });
    const [port] = json.spec.ports;
    const spec = { ...json.spec, ports: [{ ...port, nodePort: 1 }] };
    const written = await api.request('PUT', `${AT}/status/status`, { body: { ...json, spec } });
    expect([written.status, written.json.spec]).toEqual([200, json.spec]);
  });

  it.each([
    [{}, 'spec.ports: Required value'],
    [{ ports: [{ port: 0 }] }, 'spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive'],
    [{ ports: [{ port: 1 }, { port: 2 }] }, 'spec.ports[0].name: Required value'],
    [{ ports, type: 'X' }, 'spec.type: Unsupported value: "X"'],
    [{ ports, clusterIP: '1.2.3.4' }, 'failed to allocate IP 1.2.3.4: the provided network does not match'],
    [{ ports, clusterIP: 'x' }, 'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address'],
    [{ type: 'ExternalName' }, 'spec.externalName: Required value'],
  ])('is refused with %j', async (spec, message) => {
    const { status, json } = await create('bad', spec);
    expect([status, json.reason]).toEqual([422, 'Invalid']);
    expect(json.message).toContain(message);
  });

  it('gets ports of the nodes as long as there are any', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => ({ name: `p${at}`, port: at + 1 }));
    const full = await create('full', { type: 'NodePort', ports: many(2769) });
    expect([full.status, full.json.reason]).toEqual([422, 'Invalid']);
    expect(full.json.message).toMatch(/spec\.ports\[\d+\]\.nodePort: Invalid value: 0: range is full/);
    const { status, json } = await create('wide', { type: 'NodePort', ports: many(2700) });
    expect(status).toBe(201);
    const given = json.spec.ports.map(({ nodePort }: { nodePort: number }) => nodePort);
    expect(new Set(given).size).toBe(2700);
    expect((await api.request('DELETE', `${AT}/wide`)).status).toBe(200);
  }, 60_000);

  it('takes nothing in a dry run', async () => {
    const { json } = await api.request('POST', `${AT}?dryRun=All`, { body: service('dry') });
    expect(json.spec.clusterIP).toMatch(/^10\./);
    expect((await api.request('GET', `${ADDRESSES}/${json.spec.clusterIP}`)).status).toBe(404);
  });
});
