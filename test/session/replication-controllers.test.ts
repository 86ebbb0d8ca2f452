import { eventually, type Kubectl } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Any, type GoClient, MERGE, STRATEGIC } from './go-client.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The steps of upstream's Conformance specs of ReplicationControllers: of the controller, of the garbage collector and
 * of kubectl. Source: kubernetes/kubernetes test/e2e/{apps/rc,apimachinery/garbage_collector,kubectl/kubectl}.go.
 */
const SLOW = 60_000;
const CONTROLLERS = '/api/v1/namespaces/default/replicationcontrollers';
const PODS = '/api/v1/namespaces/default/pods';

let kubectl: Kubectl;
let client: GoClient;

stackForTests(3, (stack, started) => {
  kubectl = stack.kubectl;
  client = started;
});

const replicationController = (name: string, replicas: number, labels: object = {}): Any => ({
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name, namespace: 'default', labels: { name, ...labels } },
  spec: {
    replicas,
    selector: { name },
    template: {
      metadata: { labels: { name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'app', image: 'i:1' }] },
    },
  },
});

const get = (name: string): Promise<Any> => client.get(`${CONTROLLERS}/${name}`);
const podsOf = async (name: string): Promise<Any[]> =>
  (await client.list(`${PODS}?labelSelector=name%3D${name}`)).items ?? [];
const ready = (name: string, count: number) =>
  eventually(async () => expect((await get(name)).status.readyReplicas ?? 0).toBe(count), SLOW);
const condition = async (name: string, type: string) =>
  (await get(name)).status.conditions?.find((one: Any) => one.type === type);
const gone = (name: string) => eventually(async () => expect(await podsOf(name)).toEqual([]), SLOW);

describe('a ReplicationController', { timeout: SLOW }, () => {
  it('has the lifecycle that upstream asks for: watch, patch, scale, status, deletecollection', async () => {
    const watch = client.watch(`${CONTROLLERS}?labelSelector=test-rc-static%3Dtrue`);
    await client.create(CONTROLLERS, replicationController('cycle', 1, { 'test-rc-static': 'true' }));
    await ready('cycle', 1);
    await client.patch(`${CONTROLLERS}/cycle`, STRATEGIC, { metadata: { labels: { 'test-rc': 'patched' } } });
    await client.patch(`${CONTROLLERS}/cycle/status`, MERGE, { status: { readyReplicas: 0, availableReplicas: 0 } });
    await eventually(() => {
      const seen = watch.events.map(({ object }) => [object.metadata.labels['test-rc'], object.status.readyReplicas]);
      expect(seen).toContainEqual(['patched', undefined]);
    });
    // The controller puts right what a client wrote.
    await ready('cycle', 1);
    await client.patch(`${CONTROLLERS}/cycle/scale`, MERGE, { spec: { replicas: 2 } });
    await ready('cycle', 2);
    const { items } = await client.list('/api/v1/replicationcontrollers?labelSelector=test-rc-static%3Dtrue');
    expect(items).toHaveLength(1);
    await client.delete(`${CONTROLLERS}?labelSelector=test-rc-static%3Dtrue`, { propagationPolicy: 'Background' });
    await eventually(() => expect(watch.events.at(-1)?.type).toBe('DELETED'));
    watch.close();
    await gone('cycle');
  });

  it('adopts pods that it selects, and releases one whose labels change', async () => {
    const { spec } = replicationController('adopting', 1).spec.template;
    await client.create(PODS, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'orphan', labels: { name: 'adopting' } },
      spec,
    });
    const applied = await kubectl.try('apply -f -', stringify(replicationController('adopting', 1)));
    expect(applied.stderr).not.toContain('nothing acts on it');
    const owner = async () => (await client.get(`${PODS}/orphan`)).metadata.ownerReferences?.[0]?.kind;
    await eventually(async () => expect(await owner()).toBe('ReplicationController'));
    expect(await podsOf('adopting')).toHaveLength(1);
    await kubectl.run('label pod orphan name=free --overwrite');
    await eventually(async () => expect(await owner()).toBeUndefined());
    await eventually(async () => expect(await podsOf('adopting')).toHaveLength(1));
    await kubectl.run('delete rc/adopting pod/orphan');
  });

  it('surfaces a failure that a quota causes, and clears it', async () => {
    await kubectl.run('create quota condition-test --hard=pods=2');
    await client.create(CONTROLLERS, replicationController('condition-test', 3));
    await eventually(async () =>
      expect(await condition('condition-test', 'ReplicaFailure')).toMatchObject({
        status: 'True',
        reason: 'FailedCreate',
      }),
    );
    await client.patch(`${CONTROLLERS}/condition-test/scale`, MERGE, { spec: { replicas: 2 } });
    await eventually(async () => expect(await condition('condition-test', 'ReplicaFailure')).toBeUndefined());
    await kubectl.run('delete rc/condition-test quota/condition-test');
  });

  it('has a scale that can be read and updated', async () => {
    await client.create(CONTROLLERS, replicationController('scaled', 1));
    await ready('scaled', 1);
    const scale = await client.get(`${CONTROLLERS}/scaled/scale`);
    expect(scale).toMatchObject({ kind: 'Scale', spec: { replicas: 1 } });
    await client.update(`${CONTROLLERS}/scaled/scale`, { ...scale, spec: { replicas: 2 } });
    await ready('scaled', 2);
    await kubectl.run('delete rc scaled --cascade=foreground --timeout=30s');
  });
});

describe('the garbage collector', { timeout: SLOW }, () => {
  const withPods = async (name: string, count: number) => {
    const created = await client.create(CONTROLLERS, replicationController(name, count));
    await eventually(async () => expect(await podsOf(name)).toHaveLength(count), SLOW);
    return created;
  };

  it('takes the pods of a controller away that is deleted, unless they are orphaned', async () => {
    const { metadata } = await withPods('taken', 2);
    await client.delete(`${CONTROLLERS}/taken`, {
      propagationPolicy: 'Background',
      preconditions: { uid: metadata.uid },
    });
    await gone('taken');
    await withPods('orphaning', 20);
    await client.delete(`${CONTROLLERS}/orphaning`, { propagationPolicy: 'Orphan' });
    await eventually(async () => expect((await client.request('GET', `${CONTROLLERS}/orphaning`)).status).toBe(404));
    const left = await podsOf('orphaning');
    expect(left).toHaveLength(20);
    expect(left.filter((pod) => pod.metadata.deletionTimestamp)).toEqual([]);
    await client.delete(`${PODS}?labelSelector=name%3Dorphaning`);
  });

  it('keeps a controller until its pods are gone, where it is asked to', async () => {
    await withPods('kept', 10);
    await client.delete(`${CONTROLLERS}/kept`, { propagationPolicy: 'Foreground' });
    const { metadata } = await get('kept');
    expect(metadata.finalizers).toContain('foregroundDeletion');
    await eventually(async () => expect((await client.request('GET', `${CONTROLLERS}/kept`)).status).toBe(404), SLOW);
    expect(await podsOf('kept')).toEqual([]);
  });

  it('keeps pods that another owner has, too', async () => {
    await withPods('dying', 10);
    const staying = await withPods('staying', 1);
    const { apiVersion, kind } = replicationController('staying', 1);
    const reference = { apiVersion, kind, name: 'staying', uid: staying.metadata.uid };
    const half = (await podsOf('dying')).slice(0, 5);
    for (const { metadata } of half) {
      await client.patch(`${PODS}/${metadata.name}`, STRATEGIC, { metadata: { ownerReferences: [reference] } });
    }
    await client.delete(`${CONTROLLERS}/dying`, { propagationPolicy: 'Foreground' });
    await eventually(async () => expect((await client.request('GET', `${CONTROLLERS}/dying`)).status).toBe(404), SLOW);
    const left = await podsOf('dying');
    expect(left.map(({ metadata }) => metadata.name).sort()).toEqual(half.map(({ metadata }) => metadata.name).sort());
    for (const { metadata } of left) {
      expect(metadata.deletionTimestamp).toBeUndefined();
      expect(metadata.ownerReferences.map(({ name }: Any) => name)).toEqual(['staying']);
    }
    await kubectl.run('delete rc staying');
    await client.delete(`${PODS}?labelSelector=name%3Ddying`);
  });
});

describe('kubectl', { timeout: SLOW }, () => {
  it('describes, exposes, annotates and scales a controller and its pods', async () => {
    await kubectl.run('create -f -', stringify(replicationController('agnhost-primary', 1)));
    await ready('agnhost-primary', 1);
    const [pod] = await podsOf('agnhost-primary');
    const text = await kubectl.run(`describe pod ${pod.metadata.name}`);
    expect(text).toMatch(/Controlled By: +ReplicationController\/agnhost-primary/);
    // Events are written after the pod.
    await eventually(async () => {
      const described = await kubectl.run('describe rc agnhost-primary');
      expect(described).toMatch(/Replicas: +1 current \/ 1 desired/);
      expect(described).toMatch(/Pods Status: +1 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed/);
      expect(described).toContain(`Created pod: ${pod.metadata.name}`);
    });
    await kubectl.run('expose rc agnhost-primary --name=rm2 --port=1234 --target-port=6379');
    await kubectl.run('expose service rm2 --name=rm3 --port=2345 --target-port=6379');
    for (const name of ['rm2', 'rm3']) {
      await eventually(async () => {
        const { subsets } = await kubectl.json<Any>(`get endpoints ${name}`);
        expect(subsets?.[0]?.ports[0].port).toBe(6379);
      });
    }
    await kubectl.run(['patch', 'pod', pod.metadata.name, '-p', '{"metadata":{"annotations":{"x":"y"}}}']);
    expect((await podsOf('agnhost-primary')).map(({ metadata }) => metadata.annotations.x)).toEqual(['y']);
    await kubectl.run('scale rc agnhost-primary --replicas=3 --timeout=30s');
    await ready('agnhost-primary', 3);
    expect((await kubectl.table('get rc agnhost-primary'))[0]).toMatchObject({
      DESIRED: '3',
      CURRENT: '3',
      READY: '3',
    });
    await kubectl.run('delete rc/agnhost-primary service/rm2 service/rm3');
    await gone('agnhost-primary');
  });
});
