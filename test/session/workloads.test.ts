import { fileURLToPath } from 'node:url';
import { eventually, type Kubectl } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Any, type GoClient, MERGE, STRATEGIC } from './go-client.js';
import type { TestStack } from './stack.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The steps of upstream's Conformance specs of workloads, and what a user of kubectl sees of them. Source:
 * kubernetes/kubernetes test/e2e/apps/{deployment,replica_set}.go.
 */
const SLOW = 60_000;
const GONE = 'i:non-existent';

let stack: TestStack;
let kubectl: Kubectl;
let client: GoClient;

stackForTests(3, (begun, started) => {
  stack = begun;
  kubectl = stack.kubectl;
  client = started;
});

const apply = (...objects: object[]) => kubectl.run('apply -f -', objects.map((one) => stringify(one)).join('---\n'));
const pods = (app: string) => kubectl.json<Any>(`get pods -l app=${app}`).then(({ items }) => items as Any[]);
const condition = ({ status }: Any, type: string) => status?.conditions?.find((one: Any) => one.type === type);

const template = (app: string, spec: object = {}) => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image: 'i:1' }], ...spec },
});

const workload = (kind: string, name: string, spec: object = {}) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'default' },
  spec: { replicas: 2, selector: { matchLabels: { app: name } }, template: template(name), ...spec },
});

describe('a Deployment', { timeout: SLOW }, () => {
  it('is rolled out, changed, undone, restarted and scaled by kubectl', async () => {
    await apply(workload('Deployment', 'web', { replicas: 3 }));
    expect(await kubectl.run('rollout status deployment web --timeout=30s')).toContain('successfully rolled out');
    await kubectl.run('set image deployment/web c=i:2');
    await kubectl.run('rollout status deployment web --timeout=30s');
    expect(await kubectl.run('rollout history deployment web')).toMatch(/^1 .*\n2 /m);
    await kubectl.run('rollout undo deployment web');
    await kubectl.run('rollout restart deployment web');
    await kubectl.run('rollout status deployment web --timeout=30s');
    await kubectl.run('scale deployment web --replicas=5');
    await kubectl.run('rollout status deployment web --timeout=30s');
    const live = (await pods('web')).filter(({ metadata }) => !metadata.deletionTimestamp);
    expect(live.map(({ spec }) => spec.containers[0].image)).toEqual(Array(5).fill('i:1'));
    expect((await kubectl.table('get deployment web'))[0]).toMatchObject({ READY: '5/5', 'UP-TO-DATE': '5' });
    const events = await kubectl.run(
      'get events --field-selector involvedObject.kind=Deployment -o jsonpath={..message}',
    );
    expect(events).toMatch(/Scaled up replica set web-\w+ from 0 to 3/);
    // Nothing changes by itself when it is applied again.
    await apply(workload('Deployment', 'web', { replicas: 5 }));
    const applied = stringify(workload('Deployment', 'web', { replicas: 5 }));
    expect(await kubectl.try('diff -f -', applied)).toMatchObject({ exitCode: 0 });
    expect(await apply(workload('Deployment', 'web', { replicas: 5 }))).toContain('unchanged');
  });

  it('tells when it makes no progress, and that its pods are refused', async () => {
    await apply(
      workload('Deployment', 'late', {
        progressDeadlineSeconds: 1,
        template: template('late', { containers: [{ name: 'c', image: GONE }] }),
      }),
    );
    const status = await kubectl.try('rollout status deployment late --timeout=30s');
    expect(status.stderr).toContain('deployment "late" exceeded its progress deadline');
    await apply(workload('Deployment', 'refused', { template: template('refused', { priorityClassName: 'absent' }) }));
    await eventually(async () => {
      const failure = condition(await kubectl.json('get deployment refused'), 'ReplicaFailure');
      expect(failure).toMatchObject({ status: 'True', reason: 'FailedCreate' });
      expect(failure.message).toContain('no PriorityClass with name absent was found');
    });
    await kubectl.run('delete deployment late refused --cascade=foreground --timeout=30s');
    expect(await kubectl.run('get replicasets -l app=late -o name')).toBe('');
  });

  it('has the lifecycle that upstream asks for: watch, patch, scale, status, deletecollection', async () => {
    const at = '/apis/apps/v1/namespaces/default/deployments';
    const spec = workload('Deployment', 'cycle', { replicas: 1 });
    const created = await client.create(at, { ...spec, metadata: { ...spec.metadata, labels: { set: 'static' } } });
    expect(created.metadata.labels.set).toBe('static');
    const ready = async (count: number) =>
      eventually(async () => expect((await client.get(`${at}/cycle`)).status.readyReplicas ?? 0).toBe(count));
    await ready(1);
    await client.patch(`${at}/cycle`, STRATEGIC, {
      spec: { replicas: 2, template: { spec: { containers: [{ name: 'c', image: 'i:2' }] } } },
    });
    await ready(2);
    // The status changes meanwhile, so a client tries again after a conflict.
    await eventually(async () => {
      const scale = await client.get(`${at}/cycle/scale`);
      await client.update(`${at}/cycle/scale`, { ...scale, spec: { replicas: 4 } });
    });
    await ready(4);
    const told = { type: 'StatusPatched', status: 'True', lastUpdateTime: null, lastTransitionTime: null };
    await client.patch(`${at}/cycle/status`, MERGE, { status: { conditions: [told] } });
    await eventually(async () => {
      const { status } = await client.get(`${at}/cycle`);
      expect(status.conditions.map(({ type }: Any) => type)).toContain('StatusPatched');
    });
    await client.delete(`${at}?labelSelector=set=static`);
    await eventually(async () => expect(await pods('cycle')).toEqual([]));
  });
});

describe('a ReplicaSet', { timeout: SLOW }, () => {
  it('adopts pods that it selects, and releases one whose labels change', async () => {
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'orphan', namespace: 'default', labels: { app: 'rs' } },
      spec: template('rs').spec,
    });
    await apply(workload('ReplicaSet', 'rs', { replicas: 1 }));
    const owner = async () => (await kubectl.json<Any>('get pod orphan')).metadata.ownerReferences?.[0]?.kind;
    await eventually(async () => expect(await owner()).toBe('ReplicaSet'));
    expect(await pods('rs')).toHaveLength(1);
    await kubectl.run('label pod orphan app=free --overwrite');
    await eventually(async () => expect(await owner()).toBeUndefined());
    await eventually(async () => expect(await pods('rs')).toHaveLength(1));
    await kubectl.run('delete replicaset rs');
    await kubectl.run('delete pod orphan');
  });

  it('surfaces a failure that a quota causes, and clears it', async () => {
    await kubectl.run('create quota two --hard=pods=9');
    await apply(workload('ReplicaSet', 'many', { replicas: 9 }));
    const failure = async () => condition(await kubectl.json('get replicaset many'), 'ReplicaFailure');
    await eventually(async () => expect(await failure()).toMatchObject({ reason: 'FailedCreate' }));
    await kubectl.run('scale replicaset many --replicas=1');
    await eventually(async () => expect(await failure()).toBeUndefined());
    await kubectl.run('delete replicaset many');
    await kubectl.run('delete quota two');
  });

  it('does not keep its namespace from being deleted', async () => {
    await kubectl.run('create namespace brief');
    for (const kind of ['Deployment', 'ReplicaSet']) {
      const object = workload(kind, kind.toLowerCase());
      await apply({ ...object, metadata: { ...object.metadata, namespace: 'brief' } });
    }
    const { replicas: _none, ...spec } = workload('DaemonSet', 'ds').spec;
    await apply({ ...workload('DaemonSet', 'ds'), metadata: { name: 'ds', namespace: 'brief' }, spec });
    await kubectl.run('-n brief rollout status deployment deployment --timeout=30s');
    await kubectl.run('delete namespace brief --timeout=30s');
  });
});

describe('a Service', { timeout: SLOW }, () => {
  const endpoints = async () => (await kubectl.json<Any>('get endpoints shop')).subsets?.[0] ?? {};
  const slices = async () =>
    (await kubectl.json<Any>('get endpointslices -l kubernetes.io/service-name=shop')).items as Any[];

  it('has the addresses of its ready pods, and none when they are gone', async () => {
    const containers = [
      {
        name: 'c',
        image: 'i:1',
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: { httpGet: { port: 'http' } },
      },
    ];
    await apply(workload('Deployment', 'shop', { template: template('shop', { containers }) }), {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'shop', namespace: 'default' },
      spec: { selector: { app: 'shop' }, ports: [{ port: 80, targetPort: 'http' }] },
    });
    await kubectl.run('rollout status deployment shop --timeout=30s');
    const ips = (await pods('shop')).map(({ status }) => status.podIP).sort();
    await eventually(async () => expect((await endpoints()).addresses?.map(({ ip }: Any) => ip)).toEqual(ips));
    expect((await endpoints()).ports).toEqual([{ port: 8080, protocol: 'TCP' }]);
    const [slice] = await slices();
    expect(slice.endpoints.flatMap(({ addresses }: Any) => addresses).sort()).toEqual(ips);
    expect(slice.metadata.ownerReferences[0]).toMatchObject({ kind: 'Service', name: 'shop', controller: true });
    expect(await kubectl.run('describe service shop')).toMatch(/Endpoints: +10\.\S+:8080,/);
    // Who takes a slice or its Endpoints away gets them again.
    await kubectl.run(`delete endpointslice ${slice.metadata.name}`);
    await kubectl.run('delete endpoints shop');
    await eventually(async () => expect((await slices())[0]?.endpoints).toHaveLength(2));
    await eventually(async () => expect((await endpoints()).addresses).toHaveLength(2));
    await kubectl.run('scale deployment shop --replicas=0');
    await eventually(async () =>
      expect([(await endpoints()).addresses, (await slices())[0].endpoints]).toEqual([undefined, null]),
    );
    await kubectl.run('delete service/shop deployment/shop');
    await eventually(async () =>
      expect(await kubectl.run('get endpoints,endpointslices -o name')).not.toContain('shop'),
    );
  });
});

describe('a Service without a selector', { timeout: SLOW }, () => {
  const mirrored = async () =>
    (await kubectl.json<Any>('get endpointslices -l kubernetes.io/service-name=example')).items as Any[];
  const addresses = async () =>
    (await mirrored()).flatMap(({ endpoints }) => endpoints.flatMap((one: Any) => one.addresses));

  it('leads to the API, for the one that every cluster has', async () => {
    const { subsets } = await kubectl.json<Any>('get endpoints kubernetes');
    const { items } = await kubectl.json<Any>('get endpointslices -l kubernetes.io/service-name=kubernetes');
    expect(subsets).toEqual([
      { addresses: [{ ip: '127.0.0.1' }], ports: [{ name: 'https', port: stack.port, protocol: 'TCP' }] },
    ]);
    expect(items.map(({ endpoints, ports }: Any) => [endpoints[0].addresses, ports[0].port])).toEqual([
      [['127.0.0.1'], stack.port],
    ]);
    await kubectl.run('delete endpoints kubernetes');
    await eventually(async () =>
      expect((await kubectl.json<Any>('get endpoints kubernetes')).subsets).toEqual(subsets),
    );
  });

  // Source: kubernetes/kubernetes test/e2e/network/endpointslicemirroring.go.
  it('has slices that mirror its Endpoints, while a client keeps those', async () => {
    const subset = (ip: string) => ({ addresses: [{ ip }], ports: [{ name: 'example', port: 9376, protocol: 'TCP' }] });
    const endpoints = (ip: string) => ({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'example', namespace: 'default' },
      subsets: [subset(ip)],
    });
    await apply(
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'example', namespace: 'default' },
        spec: { ports: [{ port: 80 }] },
      },
      endpoints('10.1.2.3'),
    );
    await eventually(async () => expect(await addresses()).toEqual(['10.1.2.3']));
    const [slice] = await mirrored();
    expect(slice.metadata.labels['endpointslice.kubernetes.io/managed-by']).toBe(
      'endpointslicemirroring-controller.k8s.io',
    );
    expect(slice.ports).toEqual([{ name: 'example', port: 9376, protocol: 'TCP' }]);
    await apply(endpoints('10.2.3.4'));
    await eventually(async () => expect(await addresses()).toEqual(['10.2.3.4']));
    expect((await mirrored()).map(({ metadata }) => metadata.name)).toEqual([slice.metadata.name]);
    await kubectl.run('delete endpoints example');
    await eventually(async () => expect(await mirrored()).toEqual([]));
    await kubectl.run('delete service example');
  });
});

describe('a Job', { timeout: SLOW }, () => {
  const job = (name: string, spec: object, command: string[] = ['sh', '-c', 'exit 0']) => ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: 'default' },
    spec: {
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i:1', command }] } },
      ...spec,
    },
  });
  const statusOf = async (name: string) => (await kubectl.json<Any>(`get job ${name}`)).status;

  it('runs its pods to their end, and takes them away with itself', async () => {
    await apply(
      job('plain', { completions: 3, parallelism: 2 }),
      job('indexed', { completions: 3, completionMode: 'Indexed' }),
    );
    await kubectl.run('wait --for=condition=complete job/plain job/indexed --timeout=30s');
    expect(await statusOf('plain')).toMatchObject({ succeeded: 3, uncountedTerminatedPods: {} });
    expect(await statusOf('indexed')).toMatchObject({ succeeded: 3, completedIndexes: '0-2' });
    expect((await kubectl.table('get jobs plain'))[0]).toMatchObject({ STATUS: 'Complete', COMPLETIONS: '3/3' });
    const selector = (await kubectl.json<Any>('get job plain')).spec.selector.matchLabels;
    expect(Object.keys(selector)).toEqual(['batch.kubernetes.io/controller-uid']);
    expect(await apply(job('plain', { completions: 3, parallelism: 2 }))).toContain('unchanged');
    await kubectl.run('delete job plain indexed --cascade=foreground --timeout=30s');
    expect(await kubectl.run('get pods -l batch.kubernetes.io/job-name -o name')).toBe('');
  });

  it('fails as its limits say, is suspended, and goes when it has been finished for long enough', async () => {
    await apply(
      job('failing', { backoffLimit: 0 }, ['false']),
      job('slow', { activeDeadlineSeconds: 1 }, ['sleep', '1000']),
      job('brief', { ttlSecondsAfterFinished: 0 }),
      job('held', { suspend: true }),
    );
    await kubectl.run('wait --for=condition=failed job/failing job/slow --timeout=45s');
    const reasons = async (name: string) => condition({ status: await statusOf(name) }, 'Failed').reason;
    expect([await reasons('failing'), await reasons('slow')]).toEqual(['BackoffLimitExceeded', 'DeadlineExceeded']);
    await kubectl.run('wait --for=delete job/brief --timeout=30s');
    expect(condition({ status: await statusOf('held') }, 'Suspended').status).toBe('True');
    await kubectl.run(['patch', 'job', 'held', '-p', '{"spec":{"suspend":false}}']);
    await kubectl.run('wait --for=condition=complete job/held --timeout=30s');
    // Pods that outlive their Job keep no finalizer.
    await kubectl.run('delete job held failing slow --cascade=orphan');
    await kubectl.run('delete pods -l batch.kubernetes.io/job-name --timeout=30s');
  });
});

describe('the manifest of a daemon, in the shape of public ones', { timeout: SLOW }, () => {
  it.each(['collector', 'network', 'storage', 'speaker'])(
    '%s: starts, is the same when applied again, and goes',
    async (shape) => {
      const file = fileURLToPath(new URL(`./daemon-manifests/${shape}.yaml`, import.meta.url));
      await kubectl.run(['apply', '-f', file]);
      const objects = async () => (await kubectl.json<Any>(`get -f ${file}`)).items as Any[];
      for (const { kind, metadata } of await objects()) {
        if (!['DaemonSet', 'Deployment'].includes(kind)) continue;
        await kubectl.run(`rollout status ${kind}/${metadata.name} --timeout=30s`);
      }
      await eventually(async () => {
        const jobs = (await objects()).filter(({ kind }) => kind === 'Job');
        for (const one of jobs) expect(condition(one, 'Complete')?.status).toBe('True');
      });
      const generations = async () => (await objects()).map(({ metadata }) => metadata.generation);
      const before = await generations();
      expect(await kubectl.run(['apply', '-f', file])).not.toContain('created');
      expect(await generations()).toEqual(before);
      expect(await kubectl.try(['diff', '-f', file])).toMatchObject({ exitCode: 0, stdout: '' });
      await kubectl.run(['delete', '-f', file, '--timeout=40s']);
      expect((await kubectl.try(['get', '-f', file])).exitCode).toBe(1);
    },
  );
});
