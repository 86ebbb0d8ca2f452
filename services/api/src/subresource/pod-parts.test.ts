import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const PODS = '/api/v1/namespaces/default/pods';
const STRATEGIC = 'application/strategic-merge-patch+json';

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

const amounts = (cpu: string, memory?: string) => ({ cpu, ...(memory && { memory }) });

async function createPod(name: string, resources: object = {}): Promise<void> {
  const containers = [{ name: 'c', image: 'i:1', resources }];
  const sidecar = { name: 's', image: 'i:1', restartPolicy: 'Always' };
  const initContainers = [{ name: 'first', image: 'i:1' }, sidecar];
  const body = { metadata: { name, labels: { a: 'b' } }, spec: { containers, initContainers } };
  expect((await api.request('POST', PODS, { body })).status).toBe(201);
}

const patch = (path: string, spec: object, metadata?: object) =>
  api.request('PATCH', `${PODS}/${path}`, { body: { ...(metadata && { metadata }), spec }, contentType: STRATEGIC });

describe('pods/resize', () => {
  const resize = (name: string, resources: object, list = 'containers', container = 'c') =>
    patch(`${name}/resize`, { [list]: [{ name: container, resources }] });

  it('changes amounts of a container and nothing else, and counts as a generation', async () => {
    await createPod('resized', { requests: amounts('100m', '1Gi') });
    const spec = { containers: [{ name: 'c', image: 'other', resources: { requests: amounts('200m') } }] };
    const { status, json } = await patch('resized/resize', { ...spec, hostname: 'x' }, { labels: { a: 'c' } });
    expect(status).toBe(200);
    expect(json.spec.containers[0]).toMatchObject({ image: 'i:1', resources: { requests: amounts('200m', '1Gi') } });
    expect([json.metadata.generation, json.metadata.labels, json.spec.hostname]).toEqual([2, { a: 'b' }, undefined]);
    expect(json.metadata.managedFields).toContainEqual(expect.objectContaining({ subresource: 'resize' }));
    expect((await api.request('GET', `${PODS}/resized/resize`)).json.spec).toEqual(json.spec);
    const same = await resize('resized', { requests: amounts('200m') });
    expect(same.json.metadata.resourceVersion).toBe(json.metadata.resourceVersion);
  });

  it('takes a whole object too', async () => {
    await createPod('put', { requests: amounts('100m') });
    const { json } = await api.request('GET', `${PODS}/put`);
    json.spec.containers[0].resources.limits = amounts('1');
    const answer = await api.request('PUT', `${PODS}/put/resize`, { body: json });
    expect(answer.json.spec.containers[0]).toMatchObject({
      resources: { limits: amounts('1'), requests: amounts('100m') },
    });
    const body = answer.json;
    body.spec.containers[0].resizePolicy = [{ resourceName: 'cpu', restartPolicy: 'RestartContainer' }];
    const { status, json: refusal } = await api.request('PUT', `${PODS}/put/resize`, { body });
    expect([status, refusal.details.causes[0].message]).toEqual([
      422,
      'Forbidden: only cpu and memory resources are mutable',
    ]);
  });

  it.each([
    ['the class of service', {}, { requests: amounts('1') }, 'spec', 'Pod QOS Class may not change'],
    [
      'an amount taken away',
      { requests: amounts('1', '1Gi') },
      { requests: { memory: null } },
      'spec.containers[0].resources.requests',
      'resource requests cannot be removed',
    ],
    [
      'a limit taken away',
      { requests: amounts('1'), limits: amounts('2') },
      { limits: { cpu: null } },
      'spec.containers[0].resources.limits',
      'resource limits cannot be removed',
    ],
    [
      'other resources',
      { requests: amounts('1') },
      { requests: { 'ephemeral-storage': '1Gi' } },
      'spec',
      'only cpu and memory resources are mutable',
    ],
    [
      'more than the limit',
      { requests: amounts('1'), limits: amounts('2') },
      { requests: amounts('3') },
      'spec.containers[0].resources.requests',
      'must be less than or equal to cpu limit of 2',
    ],
  ])('refuses to change %s', async (what, before, resources, field, message) => {
    const name = what.replaceAll(' ', '-');
    await createPod(name, before);
    const { status, json } = await resize(name, resources);
    expect([status, json.reason]).toEqual([422, 'Invalid']);
    expect(json.details.causes).toContainEqual(
      expect.objectContaining({ field, message: expect.stringContaining(message) }),
    );
  });

  it('resizes sidecars, but not containers that end before the others', async () => {
    await createPod('inits', { requests: amounts('1') });
    const sidecar = await resize('inits', { requests: amounts('1') }, 'initContainers', 's');
    expect(sidecar.status).toBe(200);
    const init = await resize('inits', { requests: amounts('1') }, 'initContainers', 'first');
    expect(init.json.message).toContain('resources for non-sidecar init containers are immutable');
    const added = await resize('inits', {}, 'containers', 'another');
    expect(added.json.message).toContain(
      'spec.containers: Forbidden: containers may not be added or removed on resize',
    );
  });

  it('leaves the way round it closed', async () => {
    await createPod('direct', { requests: amounts('1') });
    const answer = await patch('direct', { containers: [{ name: 'c', resources: { requests: amounts('2') } }] });
    expect(answer.json.message).toContain('pod updates may not change fields other than');
  });

  it('is for pods that are there', async () => {
    expect((await resize('none', {})).json).toMatchObject({ code: 404, message: 'pods "none" not found' });
    expect((await api.request('DELETE', `${PODS}/direct/resize`)).status).toBe(405);
  });
});

describe('pods/ephemeralcontainers', () => {
  const debug = (name: string, container: object) =>
    patch(`${name}/ephemeralcontainers`, { ephemeralContainers: [container] });

  it('adds containers by name, as kubectl debug does', async () => {
    await createPod('debugged');
    const first = { name: 'd1', image: 'busybox', stdin: true, tty: true, targetContainerName: 'c' };
    const { status, json } = await debug('debugged', first);
    expect(status).toBe(200);
    expect(json.spec.ephemeralContainers).toEqual([
      {
        ...first,
        resources: {},
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
        imagePullPolicy: 'Always',
      },
    ]);
    expect(json.metadata.generation).toBe(2);
    const second = await debug('debugged', { name: 'd2', image: 'busybox:1' });
    expect(second.json.spec.ephemeralContainers.map(({ name }: { name: string }) => name).toSorted()).toEqual([
      'd1',
      'd2',
    ]);
    const read = await api.request('GET', `${PODS}/debugged/ephemeralcontainers`);
    expect([read.json.kind, read.json.spec.ephemeralContainers.length]).toEqual(['Pod', 2]);
  });

  it.each([
    [{ name: 'c', image: 'i' }, 'spec.ephemeralContainers[0].name', 'FieldValueDuplicate'],
    [{ name: 'd' }, 'spec.ephemeralContainers[0].image', 'FieldValueRequired'],
    [
      { name: 'd', image: 'i', targetContainerName: 'x' },
      'spec.ephemeralContainers[0].targetContainerName',
      'FieldValueNotFound',
    ],
    [
      { name: 'd', image: 'i', ports: [{ containerPort: 1 }] },
      'spec.ephemeralContainers[0].ports',
      'FieldValueForbidden',
    ],
    [
      { name: 'd', image: 'i', resources: { requests: amounts('1') } },
      'spec.ephemeralContainers[0].resources',
      'FieldValueForbidden',
    ],
  ])('refuses %j', async (container, field, reason) => {
    await api.request('DELETE', `${PODS}/plain`, { body: { gracePeriodSeconds: 0 } });
    await createPod('plain');
    const { status, json } = await debug('plain', container);
    expect(status).toBe(422);
    expect(json.details.causes).toContainEqual(expect.objectContaining({ field, reason }));
  });

  it('neither changes nor removes what is there, and drops whatever else is sent', async () => {
    const changed = await debug('debugged', { name: 'd1', image: 'other' });
    expect(changed.json.message).toContain('existing ephemeral containers "d1" may not be changed');
    const { json } = await api.request('GET', `${PODS}/debugged`);
    json.spec.ephemeralContainers.pop();
    json.spec.containers[0].image = 'other';
    const removed = await api.request('PUT', `${PODS}/debugged/ephemeralcontainers`, { body: json });
    expect(removed.json.message).toContain('may not be removed');
    expect(removed.json.details.causes).toHaveLength(1);
    const created = { metadata: { name: 'born' }, spec: { ...json.spec } };
    expect((await api.request('POST', PODS, { body: created })).json.message).toContain('cannot be set on create');
  });
});

describe('a pod that no DaemonSet owns', () => {
  it('stays for a while on a node that is out of touch, and its top holds no field of its spec', async () => {
    await createPod('tolerant');
    const { json } = await api.request('GET', `${PODS}/tolerant`);
    const toleration = { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 };
    expect(json.spec.tolerations).toEqual([
      { key: 'node.kubernetes.io/not-ready', ...toleration },
      { key: 'node.kubernetes.io/unreachable', ...toleration },
    ]);
    expect(Object.keys(json)).toEqual(['kind', 'apiVersion', 'metadata', 'spec', 'status']);
  });
});

describe('every subresource with a part', () => {
  it.each(['status', 'resize', 'ephemeralcontainers'])('%s checks the resourceVersion', async (subresource) => {
    const { json } = await api.request('GET', `${PODS}/debugged`);
    json.metadata.resourceVersion = '1';
    const { json: answer } = await api.request('PUT', `${PODS}/debugged/${subresource}`, { body: json });
    expect([answer.code, answer.reason]).toEqual([409, 'Conflict']);
  });
});

describe('the containers of a pod', () => {
  const reach = async (method: string, path: string) => {
    const { status, text, json } = await api.request(method, `${PODS}/${path}`);
    return [status, text.startsWith('{') ? json.message : text];
  };

  it('cannot be reached without a node, an upgrade or an agent', async () => {
    await createPod('waiting');
    expect(await reach('GET', 'waiting/log')).toEqual([200, '']);
    expect(await reach('POST', 'waiting/exec?command=ls')).toEqual([400, 'pod waiting does not have a host assigned']);
    const spec = { nodeName: 'n1', containers: [{ name: 'c', image: 'i:1' }] };
    await api.request('POST', PODS, { body: { metadata: { name: 'placed' }, spec } });
    const noNode = 'Internal error occurred: node "n1" of the pod does not exist';
    expect(await reach('GET', 'placed/log')).toEqual([500, noNode]);
    for (const path of ['placed/exec?command=ls', 'placed/attach', 'placed/portforward']) {
      expect(await reach('POST', path)).toEqual([400, 'Upgrade request required']);
    }
  });

  it.each([
    ['a pod that is not there', 'none/log', 404, 'pods "none" not found'],
    ['a container that is not there', 'several/log?container=x', 400, 'container x is not valid for pod several'],
    [
      'no container of several',
      'several/log',
      400,
      'a container name must be specified for pod several, choose one of: [a b] or one of the init containers: [first]',
    ],
  ])('are asked for as upstream does: %s', async (_what, path, status, message) => {
    const containers = ['a', 'b'].map((name) => ({ name, image: 'i:1' }));
    const spec = { containers, initContainers: [{ name: 'first', image: 'i:1' }] };
    await api.request('POST', PODS, { body: { metadata: { name: 'several' }, spec } });
    expect(await reach('GET', path)).toEqual([status, message]);
  });
});
