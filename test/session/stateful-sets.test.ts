import { eventually, type Kubectl } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Any, type GoClient, MERGE, STRATEGIC } from './go-client.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The steps of upstream's Conformance specs of StatefulSets, and what a user of kubectl sees of them. Where the suite
 * breaks a probe by a command in a container, a readiness gate takes its place: no command runs in a simulated pod.
 * Source: kubernetes/kubernetes test/e2e/apps/statefulset.go.
 */
const SLOW = 90_000;
const GATE = 'example.com/healthy';
const SETS = '/apis/apps/v1/namespaces/default/statefulsets';
const PODS = '/api/v1/namespaces/default/pods';
const HASH = 'controller-revision-hash';

let kubectl: Kubectl;
let client: GoClient;

stackForTests(3, (stack, started) => {
  kubectl = stack.kubectl;
  client = started;
});

const container = { name: 'webserver', image: 'httpd:1' };

const statefulSet = (name: string, spec: Any = {}, podSpec: object = {}): Any => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name, namespace: 'default', labels: { app: name } },
  spec: {
    serviceName: 'test',
    replicas: 3,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { terminationGracePeriodSeconds: 1, containers: [container], ...podSpec },
    },
    ...spec,
  },
});

const get = (name: string): Promise<Any> => client.get(`${SETS}/${name}`);
const podsOf = async (name: string): Promise<Any[]> => {
  const items: Any[] = (await client.list(`${PODS}?labelSelector=app%3D${name}`)).items ?? [];
  return items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
};
const podNames = async (name: string) => (await podsOf(name)).map(({ metadata }) => metadata.name);
const revisionsOf = async (name: string) => (await podsOf(name)).map(({ metadata }) => metadata.labels[HASH]);
const isReady = ({ status }: Any) =>
  status.conditions?.some((one: Any) => one.type === 'Ready' && one.status === 'True');
const ready = (name: string, count: number) =>
  eventually(async () => expect((await podsOf(name)).filter(isReady)).toHaveLength(count), SLOW);
const setImage = (name: string, image: string) =>
  client.patch(`${SETS}/${name}`, STRATEGIC, {
    spec: { template: { spec: { containers: [{ ...container, image }] } } },
  });
const setPartition = (name: string, partition: number) =>
  client.patch(`${SETS}/${name}`, MERGE, {
    spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition } } },
  });
const scale = (name: string, replicas: number) => client.patch(`${SETS}/${name}/scale`, MERGE, { spec: { replicas } });

/** Puts the gate of a pod right, or breaks it. */
const setHealthy = (pod: string, isHealthy: boolean) =>
  client.patch(`${PODS}/${pod}/status`, STRATEGIC, {
    status: { conditions: [{ type: GATE, status: isHealthy ? 'True' : 'False' }] },
  });
const gated = { readinessGates: [{ conditionType: GATE }] };
const remove = (name: string) => kubectl.run(`delete statefulset ${name} --cascade=foreground --timeout=60s`);

describe('a StatefulSet', { timeout: SLOW }, () => {
  it('is updated pod by pod from the last one, and rolled back, with revisions in its history', async () => {
    await client.create(SETS, statefulSet('ss2', {}, gated));
    for (const pod of ['ss2-0', 'ss2-1', 'ss2-2']) {
      await eventually(async () => expect(await podNames('ss2')).toContain(pod), SLOW);
      await setHealthy(pod, true);
    }
    await ready('ss2', 3);
    const first = await eventually(async () => {
      const { status } = await get('ss2');
      expect(status).toMatchObject({ readyReplicas: 3, currentReplicas: 3, currentRevision: status.updateRevision });
      return status.currentRevision;
    });
    expect(await revisionsOf('ss2')).toEqual([first, first, first]);
    await setHealthy('ss2-1', false);
    await eventually(async () => expect((await get('ss2')).status.readyReplicas).toBe(2));
    await setImage('ss2', 'httpd:2');
    const second = await eventually(async () => {
      const { status } = await get('ss2');
      expect(status.updateRevision).not.toBe(first);
      return status.updateRevision;
    });
    // A pod that is not ready holds the update.
    expect(await revisionsOf('ss2')).toEqual([first, first, first]);
    await setHealthy('ss2-1', true);
    const updated = async (revision: string) => {
      for (const pod of ['ss2-2', 'ss2-1', 'ss2-0']) {
        await eventually(async () => {
          expect((await client.get(`${PODS}/${pod}`)).metadata.labels[HASH]).toBe(revision);
        }, SLOW);
        await setHealthy(pod, true);
      }
      await eventually(async () => {
        expect((await get('ss2')).status).toMatchObject({ currentRevision: revision, updatedReplicas: 3 });
      }, SLOW);
    };
    await updated(second);
    await setImage('ss2', 'httpd:1');
    await updated(first);
    expect(await kubectl.run('rollout history statefulset ss2')).toMatch(/^2 .*\n3 /m);
    await remove('ss2');
  });

  it('is updated by canaries and phases, and makes deleted pods again at the revision of their place', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 3 } };
    await client.create(SETS, statefulSet('ss3', { updateStrategy }));
    await ready('ss3', 3);
    await setImage('ss3', 'httpd:2');
    const [first, second] = await eventually(async () => {
      const { status } = await get('ss3');
      expect(status.currentRevision).not.toBe(status.updateRevision);
      return [status.currentRevision, status.updateRevision] as const;
    });
    expect(await revisionsOf('ss3')).toEqual([first, first, first]);
    const phase = async (partition: number, revisions: string[]) => {
      await setPartition('ss3', partition);
      await eventually(async () => expect(await revisionsOf('ss3')).toEqual(revisions), SLOW);
      await ready('ss3', 3);
    };
    await phase(2, [first, first, second]);
    await client.delete(`${PODS}/ss3-0`);
    await client.delete(`${PODS}/ss3-2`);
    await eventually(async () => expect(await revisionsOf('ss3')).toEqual([first, first, second]), SLOW);
    await ready('ss3', 3);
    await phase(1, [first, second, second]);
    await phase(0, [second, second, second]);
    await eventually(async () => {
      expect((await get('ss3')).status).toMatchObject({ currentRevision: second, updateRevision: second });
    });
    await remove('ss3');
  });

  it('is scaled in order, and halts while a pod is not healthy', async () => {
    const watch = client.watch(`${PODS}?labelSelector=app%3Dordered`);
    await client.create(SETS, statefulSet('ordered', { replicas: 1 }, gated));
    await eventually(async () => expect(await podNames('ordered')).toEqual(['ordered-0']));
    await setHealthy('ordered-0', true);
    await ready('ordered', 1);
    await setHealthy('ordered-0', false);
    await ready('ordered', 0);
    await scale('ordered', 3);
    await eventually(async () => {
      const { metadata, status } = await get('ordered');
      expect([status.observedGeneration, status.replicas]).toEqual([metadata.generation, 1]);
    });
    for (const pod of ['ordered-0', 'ordered-1', 'ordered-2']) {
      await eventually(async () => expect(await podNames('ordered')).toContain(pod), SLOW);
      await setHealthy(pod, true);
    }
    await ready('ordered', 3);
    const names = (type: string) =>
      watch.events.filter((event) => event.type === type).map(({ object }) => object.metadata.name);
    expect(names('ADDED')).toEqual(['ordered-0', 'ordered-1', 'ordered-2']);
    await setHealthy('ordered-0', false);
    await ready('ordered', 2);
    await scale('ordered', 0);
    await eventually(async () => {
      const { metadata, status } = await get('ordered');
      expect([status.observedGeneration, status.replicas]).toEqual([metadata.generation, 3]);
    });
    await setHealthy('ordered-0', true);
    await eventually(async () => expect(await podNames('ordered')).toEqual([]), SLOW);
    await eventually(() => expect(names('DELETED')).toEqual(['ordered-2', 'ordered-1', 'ordered-0']));
    watch.close();
    await remove('ordered');
  });

  it('is scaled at once when it is parallel, with pods that are not healthy too', async () => {
    await client.create(SETS, statefulSet('burst', { replicas: 1, podManagementPolicy: 'Parallel' }, gated));
    await eventually(async () => expect(await podNames('burst')).toHaveLength(1));
    await scale('burst', 3);
    await eventually(async () => expect(await podNames('burst')).toHaveLength(3));
    expect((await podsOf('burst')).filter(isReady)).toEqual([]);
    await scale('burst', 0);
    await eventually(async () => expect(await podNames('burst')).toEqual([]), SLOW);
    await eventually(async () => expect((await get('burst')).status.replicas).toBe(0));
    await remove('burst');
  });

  it('makes a pod again that its node refuses, until the port is free', async () => {
    const [node] = (await client.list('/api/v1/nodes')).items;
    const nodeName = node.metadata.name;
    const containers = [{ ...container, ports: [{ containerPort: 21017, hostPort: 21017, name: 'conflict' }] }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'test-pod' }, spec: { containers, nodeName } };
    await client.create(PODS, pod);
    await eventually(async () => expect((await client.get(`${PODS}/test-pod`)).status.phase).toBe('Running'), SLOW);
    const watch = client.watch(`${PODS}?labelSelector=app%3Devicted`);
    await client.create(SETS, statefulSet('evicted', { replicas: 1 }, { containers, nodeName }));
    await eventually(() => {
      const phases = watch.events.map(({ type, object }) => (type === 'DELETED' ? type : object.status.phase));
      expect(phases).toContain('Failed');
      expect(phases).toContain('DELETED');
    }, SLOW);
    watch.close();
    await client.delete(`${PODS}/test-pod`, { gracePeriodSeconds: 0 });
    await eventually(async () => expect((await client.get(`${PODS}/evicted-0`)).status.phase).toBe('Running'), SLOW);
    await remove('evicted');
  });

  it('has a scale, is listed in all namespaces, patched, and deleted as a collection', async () => {
    await client.create(SETS, statefulSet('scaled', { replicas: 1 }));
    await ready('scaled', 1);
    const current = await eventually(async () => {
      const found = await client.get(`${SETS}/scaled/scale`);
      expect([found.spec.replicas, found.status.replicas]).toEqual([1, 1]);
      return found;
    });
    await client.update(`${SETS}/scaled/scale`, { ...current, spec: { replicas: 2 } });
    expect((await get('scaled')).spec.replicas).toBe(2);
    await scale('scaled', 4);
    await ready('scaled', 4);
    const { items } = await client.list('/apis/apps/v1/statefulsets?labelSelector=app%3Dscaled');
    expect(items).toHaveLength(1);
    await client.patch(`${SETS}/scaled`, STRATEGIC, {
      metadata: { labels: { patched: 'yes' } },
      spec: { replicas: 2, template: { spec: { terminationGracePeriodSeconds: 0, containers: [container] } } },
    });
    await eventually(async () => {
      const { metadata, spec, status } = await get('scaled');
      expect([metadata.labels.patched, spec.replicas, status.readyReplicas]).toEqual(['yes', 2, 2]);
      expect(status.updatedReplicas).toBe(2);
    }, SLOW);
    await client.delete(`${SETS}?labelSelector=app%3Dscaled`, { gracePeriodSeconds: 1 });
    await eventually(async () => expect(await podNames('scaled')).toEqual([]), SLOW);
  });

  it('keeps the conditions that clients put on its status', async () => {
    await client.create(SETS, statefulSet('told', { replicas: 1 }));
    await ready('told', 1);
    await eventually(async () => {
      const object = await get('told');
      const conditions = [{ type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' }];
      await client.update(`${SETS}/told/status`, { ...object, status: { ...object.status, conditions } });
    });
    await client.patch(`${SETS}/told/status`, MERGE, {
      status: { conditions: [{ type: 'StatusPatched', status: 'True' }] },
    });
    const { conditions } = (await get('told')).status;
    expect(conditions.map(({ type }: Any) => type)).toEqual(['StatusPatched']);
    await remove('told');
  });

  it('is applied, rolled, undone, scaled and orphaned by kubectl, and keeps its claims as it says', async () => {
    const volumeClaimTemplates = [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ];
    const policy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
    const object = statefulSet('db', { volumeClaimTemplates, persistentVolumeClaimRetentionPolicy: policy });
    const text = stringify(object);
    const applied = await kubectl.try('apply -f -', text);
    expect(applied.stderr).not.toContain('nothing acts on it');
    expect(await kubectl.run('rollout status statefulset db --timeout=60s')).toContain('partitioned roll out complete');
    const claims = async () =>
      (await kubectl.json<Any>('get pvc -l app=db')).items.map(({ metadata }: Any) => metadata.name);
    expect(await claims()).toEqual(['data-db-0', 'data-db-1', 'data-db-2']);
    const [pod] = await podsOf('db');
    expect(pod.spec).toMatchObject({ hostname: 'db-0', subdomain: 'test' });
    expect(pod.metadata.labels).toMatchObject({
      'statefulset.kubernetes.io/pod-name': 'db-0',
      'apps.kubernetes.io/pod-index': '0',
    });
    expect((await kubectl.table('get statefulset db'))[0]).toMatchObject({ NAME: 'db', READY: '3/3' });
    expect(await kubectl.try('diff -f -', text)).toMatchObject({ exitCode: 0 });
    await kubectl.run('set image statefulset/db webserver=httpd:2');
    await kubectl.run('rollout status statefulset db --timeout=60s');
    await kubectl.run('rollout restart statefulset db');
    await kubectl.run('rollout status statefulset db --timeout=60s');
    await kubectl.run('rollout undo statefulset db --to-revision=1');
    await kubectl.run('rollout status statefulset db --timeout=60s');
    expect((await podsOf('db')).map(({ spec }) => spec.containers[0].image)).toEqual(Array(3).fill('httpd:1'));
    await kubectl.run('scale statefulset db --replicas=2');
    await eventually(async () => expect(await claims()).toEqual(['data-db-0', 'data-db-1']), SLOW);
    const events = await kubectl.run('get events --field-selector involvedObject.name=db -o jsonpath={..message}');
    expect(events).toContain('create Claim data-db-0 Pod db-0 in StatefulSet db success');
    expect(events).toContain('create Pod db-0 in StatefulSet db successful');
    expect(events).toContain('delete Pod db-2 in StatefulSet db successful');
    await kubectl.run('delete statefulset db --cascade=orphan');
    await eventually(async () => {
      const owners = (await podsOf('db')).map(({ metadata }) => metadata.ownerReferences?.length ?? 0);
      expect(owners).toEqual([0, 0]);
    });
    // The same set adopts its pods.
    await kubectl.run('apply -f -', stringify({ ...object, spec: { ...object.spec, replicas: 2 } }));
    await eventually(async () => {
      expect((await podsOf('db')).map(({ metadata }) => metadata.ownerReferences?.[0]?.kind)).toEqual(
        Array(2).fill('StatefulSet'),
      );
    });
    await eventually(async () => expect((await get('db')).status.readyReplicas).toBe(2), SLOW);
    await remove('db');
    await eventually(async () => expect(await claims()).toEqual([]), SLOW);
  });
});
