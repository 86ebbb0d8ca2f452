import { randomUUID } from 'node:crypto';
import { canonicalJson } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Any, GoClient, type GoWatch, MERGE, STRATEGIC, type StatusError } from './go-client.js';
import { startStack, type TestStack } from './stack.js';

/**
 * Controllers of upstream on this cluster: the requests of kube-controller-manager when its DaemonSet, garbage
 * collector, namespace and node lifecycle controllers run here and ours are switched off. Sources:
 * kubernetes/kubernetes pkg/controller, client-go tools/{cache,leaderelection,record}.
 */
const SLOW = 60_000;
const OFF = '*,-daemonset,-garbage-collector,-namespace,-node-lifecycle';

let stack: TestStack;
let client: GoClient;
let metadata: GoClient;
/** Open from the beginning: watchers receive renewals every ten seconds. */
let leases: GoWatch;

beforeAll(async () => {
  const args = ['--fresh', '--nodes', '3', '--agents', '1', '--controllers', OFF];
  stack = await startStack(args, { EVERYNODE_HEARTBEAT_SECONDS: '1' });
  client = await GoClient.for(stack.kubectl.kubeconfig);
  metadata = client.as('metadata');
  leases = client.watch(`/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?${STREAMED}`);
}, 180_000);

afterAll(async () => {
  leases.close();
  client.close();
  await stack.stop();
}, 60_000);

const SETS = '/apis/apps/v1/namespaces/default/daemonsets';
const REVISIONS = '/apis/apps/v1/namespaces/default/controllerrevisions';
const PODS = '/api/v1/namespaces/default/pods';
const STREAMED = 'allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&sendInitialEvents=true&timeoutSeconds=300';
const BOOKMARK_END = 'k8s.io/initial-events-end';

const refused = async (request: Promise<Any>): Promise<StatusError> =>
  await request.then(
    () => {
      throw new Error('the request was to be refused');
    },
    (error: StatusError) => error,
  );

const labels = { app: 'theirs' };
const template = {
  metadata: { labels },
  spec: {
    containers: [{ name: 'main', image: 'agent:1', command: ['sh', '-c', 'true && echo <up> >&2'], resources: {} }],
    terminationGracePeriodSeconds: 1,
    securityContext: {},
  },
};

/** A set that no controller here manages. */
const makeSet = (name: string): Promise<Any> =>
  client.create(SETS, {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template, updateStrategy: {} },
  });

const ownerOf = ({ metadata: { name, uid } }: Any) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  name,
  uid,
  controller: true,
  blockOwnerDeletion: true,
});

/** A pod as the DaemonSet controller of upstream creates it: not bound, pinned by affinity. */
const pinned = (set: Any, node: string): Any => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: `${set.metadata.name}-`, labels, ownerReferences: [ownerOf(set)] },
  spec: {
    ...template.spec,
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
        },
      },
    },
    tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
  },
});

const runs = (name: string, node: string) =>
  eventually(async () => {
    const { spec, status } = await client.get(`${PODS}/${name}`);
    expect([spec.nodeName, status.phase]).toEqual([node, 'Running']);
  }, SLOW);

describe('leader election', () => {
  const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
  const lease = (holder: string, transitions: number): Any => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'kube-controller-manager', namespace: 'kube-system' },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: 15,
      acquireTime: '2026-11-25T22:30:00.123456Z',
      renewTime: '2026-11-25T22:30:00.123456Z',
      leaseTransitions: transitions,
    },
  });

  it('is won by creating the lease, held by updating it in time, and lost with an old resourceVersion', async () => {
    const path = `${LEASES}/kube-controller-manager`;
    const missing = await client.request('GET', path);
    expect([missing.status, missing.object.reason]).toEqual([404, 'NotFound']);
    const won = await client.create(LEASES, lease('one', 0));
    expect(won.spec).toMatchObject({
      holderIdentity: 'one',
      leaseTransitions: 0,
      renewTime: '2026-11-25T22:30:00.123456Z',
    });
    const late = await refused(client.create(LEASES, lease('two', 0)));
    expect([late.status, late.body.reason]).toBeDefined();
    expect([late.status, late.body.reason]).toEqual([409, 'AlreadyExists']);
    const renewed = lease('one', 0);
    renewed.metadata.resourceVersion = won.metadata.resourceVersion;
    renewed.spec.renewTime = '2026-11-25T22:30:02.000000Z';
    const held = await client.update(path, renewed);
    expect(BigInt(held.metadata.resourceVersion)).toBeGreaterThan(BigInt(won.metadata.resourceVersion));
    const stolen = lease('two', 1);
    stolen.metadata.resourceVersion = won.metadata.resourceVersion;
    const lost = await refused(client.update(path, stolen));
    expect([lost.status, lost.body.reason]).toEqual([409, 'Conflict']);
    // Released on a clean exit: an empty holder is a value, and not a missing field.
    const released = lease('', 0);
    released.metadata.resourceVersion = held.metadata.resourceVersion;
    released.spec.leaseDurationSeconds = 1;
    const free = await client.update(path, released);
    expect(free.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
  });
});

describe('a reflector', () => {
  it('begins with a streaming list, whose end is a bookmark, and follows', async () => {
    const watch = client.watch(`/api/v1/nodes?${STREAMED}`);
    await eventually(() => expect(watch.events.at(-1)?.type).toBe('BOOKMARK'), SLOW);
    const end = watch.events.at(-1)?.object;
    expect(end).toMatchObject({ kind: 'Node', metadata: { annotations: { [BOOKMARK_END]: 'true' } } });
    expect(watch.events.slice(0, -1).map(({ type }) => type)).toEqual(['ADDED', 'ADDED', 'ADDED']);
    await client.patch('/api/v1/nodes/node-00001', MERGE, { metadata: { labels: { seen: 'yes' } } });
    await eventually(() => {
      const { type, object } = watch.events.at(-1) as Any;
      expect([type, object.metadata.labels.seen]).toEqual(['MODIFIED', 'yes']);
      expect(BigInt(object.metadata.resourceVersion)).toBeGreaterThan(BigInt(end.metadata.resourceVersion));
    }, SLOW);
    watch.close();
  });

  it('goes on from where its watch broke off, and lists anew from a revision that is gone', async () => {
    const maps = '/api/v1/namespaces/default/configmaps';
    const map = (name: string): Any => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } });
    const { metadata: listed } = await client.list(`${maps}?limit=500&resourceVersion=0`);
    await client.create(maps, map('reflected-1'));
    const first = client.watch(`${maps}?allowWatchBookmarks=true&resourceVersion=${listed.resourceVersion}`);
    await eventually(() => expect(first.events.at(-1)?.object.metadata.name).toBe('reflected-1'), SLOW);
    first.close();
    const last = first.events.at(-1)?.object.metadata.resourceVersion;
    await client.create(maps, map('reflected-2'));
    const second = client.watch(`${maps}?allowWatchBookmarks=true&resourceVersion=${last}`);
    await eventually(() => expect(second.events).toHaveLength(1), SLOW);
    expect(second.events[0]?.object.metadata.name).toBe('reflected-2');
    second.close();
  });
});

describe('the DaemonSet controller', () => {
  let set: Any;

  it('creates pods pinned by affinity, which are bound here and run', { timeout: SLOW }, async () => {
    set = await makeSet('theirs');
    const made = await Promise.all(
      ['node-00001', 'node-00002'].map(async (node) => [node, await client.create(PODS, pinned(set, node))] as const),
    );
    for (const [node, pod] of made) {
      expect(pod.metadata.name).toMatch(/^theirs-[a-z0-9]{5}$/);
      await runs(pod.metadata.name, node);
    }
    // Our controller is off: the third pod was not created.
    const { items } = await client.list(`${PODS}?labelSelector=app%3Dtheirs`);
    expect(items.map(({ spec }: Any) => spec.nodeName).sort()).toEqual(['node-00001', 'node-00002']);
    expect((await client.get(`${SETS}/theirs`)).status.observedGeneration ?? 0).toBe(0);
  });

  it('may create them bound, and they run', { timeout: SLOW }, async () => {
    const pod = pinned(set, 'node-00003');
    pod.spec.nodeName = 'node-00003';
    await runs((await client.create(PODS, pod)).metadata.name, 'node-00003');
  });

  it('finds its revisions again by their bytes, in protobuf and in JSON', async () => {
    const data = { spec: { template: { $patch: 'replace', ...set.spec.template } } };
    const name = 'theirs-6f7c9d';
    const made = await client.create(REVISIONS, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name, labels, ownerReferences: [ownerOf(set)] },
      data,
      revision: 1,
    });
    expect(made.revision).toBe(1);
    const own = canonicalJson(data);
    expect(own).toContain('true \\u0026\\u0026 echo \\u003cup\\u003e');
    expect((await client.request('GET', `${REVISIONS}/${name}`)).bytes.includes(own)).toBe(true);
    expect((await client.as('dynamic').request('GET', `${REVISIONS}/${name}`)).bytes.includes(own)).toBe(true);
    expect((await client.as('dynamic').request('GET', REVISIONS)).bytes.includes(own)).toBe(true);
  });

  it('adopts and releases pods by their uid, and only those', { timeout: SLOW }, async () => {
    const orphan = pinned(set, 'node-00001');
    delete orphan.metadata.ownerReferences;
    const { metadata: pod } = await client.create(PODS, orphan);
    const path = `${PODS}/${pod.name}`;
    const adoption = (uid: string) => ({ metadata: { ownerReferences: [ownerOf(set)], uid } });
    // Upstream's controllers read Invalid as: it is another pod by now.
    const other = await refused(client.patch(path, STRATEGIC, adoption(randomUUID())));
    expect([other.status, other.body.details.causes.map(({ field }: Any) => field)]).toEqual([
      422,
      ['metadata.uid', 'metadata.uid'],
    ]);
    const adopted = await client.patch(path, STRATEGIC, adoption(pod.uid));
    expect(adopted.metadata.ownerReferences).toEqual([ownerOf(set)]);
    const released = await client.patch(path, STRATEGIC, {
      metadata: { ownerReferences: [{ $patch: 'delete', uid: set.metadata.uid }], uid: pod.uid },
    });
    expect(released.metadata.ownerReferences ?? []).toEqual([]);
    await client.delete(path, { gracePeriodSeconds: 0, preconditions: { uid: pod.uid } });
  });

  it('writes the status, and gets a conflict when what it read is old', async () => {
    const read = await client.get(`${SETS}/theirs`);
    const status = {
      currentNumberScheduled: 3,
      numberMisscheduled: 0,
      desiredNumberScheduled: 3,
      numberReady: 3,
      observedGeneration: 1,
      updatedNumberScheduled: 3,
      numberAvailable: 3,
    };
    const typed = { ...read, apiVersion: 'apps/v1', kind: 'DaemonSet', status };
    const written = await client.update(`${SETS}/theirs/status`, typed);
    expect(written.status).toMatchObject({ numberReady: 3, observedGeneration: 1 });
    const old = await refused(client.update(`${SETS}/theirs/status`, typed));
    expect([old.status, old.body.reason]).toEqual([409, 'Conflict']);
  });
});

describe('an event broadcaster', () => {
  const at = (second: number) => `2026-11-25T22:31:${String(second).padStart(2, '0')}Z`;

  it('posts an event of v1 and counts it up by patches', async () => {
    const path = '/api/v1/namespaces/default/events';
    const name = 'theirs.17d1a2b3c4d5e6f7';
    await client.create(path, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      involvedObject: { kind: 'DaemonSet', namespace: 'default', name: 'theirs', apiVersion: 'apps/v1' },
      reason: 'SuccessfulCreate',
      message: 'Created pod: theirs-abcde',
      source: { component: 'daemonset-controller' },
      firstTimestamp: at(0),
      lastTimestamp: at(0),
      count: 1,
      type: 'Normal',
      reportingComponent: 'daemonset-controller',
      reportingInstance: '',
    });
    const counted = await client.patch(`${path}/${name}`, STRATEGIC, { count: 2, lastTimestamp: at(5) });
    expect([counted.count, counted.firstTimestamp, counted.lastTimestamp]).toEqual([2, at(0), at(5)]);
    // An event that has expired is posted again: the patch answers that there is none.
    const gone = await refused(client.patch(`${path}/nothing`, STRATEGIC, { count: 3 }));
    expect(gone.status).toBe(404);
  });

  it('posts an event of events.k8s.io and makes a series of it, which v1 shows too', async () => {
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const name = 'theirs.17d1a2b3c4d5e6f8';
    await client.create(path, {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name, namespace: 'default' },
      eventTime: '2026-11-25T22:31:00.000001Z',
      reportingController: 'default-scheduler',
      reportingInstance: 'default-scheduler-host',
      action: 'Binding',
      reason: 'Scheduled',
      regarding: { kind: 'Pod', namespace: 'default', name: 'theirs-abcde', apiVersion: 'v1' },
      note: 'Successfully assigned default/theirs-abcde to node-00001',
      type: 'Normal',
    });
    const series = { count: 2, lastObservedTime: '2026-11-25T22:31:06.000001Z' };
    const counted = await client.patch(`${path}/${name}`, STRATEGIC, { series });
    expect(counted.series).toEqual(series);
    const core = await client.get(`/api/v1/namespaces/default/events/${name}`);
    expect([core.series.count, core.reportingComponent, core.message]).toEqual([
      2,
      'default-scheduler',
      'Successfully assigned default/theirs-abcde to node-00001',
    ]);
  });
});

/** The resources of discovery as `group/version/plural`, with their verbs. */
async function discovered(): Promise<
  { path: (namespace?: string) => string; namespaced: boolean; verbs: string[]; name: string }[]
> {
  const plain = client.as('dynamic');
  const groups = await plain.get('/apis');
  const versions = ['/api/v1', ...groups.groups.map((group: Any) => `/apis/${group.preferredVersion.groupVersion}`)];
  const lists = await Promise.all(versions.map((version: string) => plain.get(version)));
  return lists.flatMap(({ resources }, at) =>
    resources
      .filter(({ name }: Any) => !name.includes('/'))
      .map(({ name, namespaced, verbs }: Any) => ({
        name,
        namespaced,
        verbs,
        path: (namespace?: string) => `${versions[at]}${namespace ? `/namespaces/${namespace}` : ''}/${name}`,
      })),
  );
}

describe('the garbage collector', () => {
  it('lists and watches the metadata of every resource that can be listed, watched and deleted', {
    timeout: SLOW,
  }, async () => {
    const wanted = (await discovered()).filter(({ verbs }) =>
      ['list', 'watch', 'delete'].every((verb) => verbs.includes(verb)),
    );
    expect(wanted.map(({ name }) => name)).toEqual(expect.arrayContaining(['pods', 'daemonsets', 'nodes', 'leases']));
    for (const { path } of wanted) {
      const list = await metadata.list(`${path()}?limit=500&resourceVersion=0`);
      expect([list.apiVersion, list.kind], path()).toEqual(['meta.k8s.io/v1', 'PartialObjectMetadataList']);
      const watch = metadata.watch(`${path()}?${STREAMED}`);
      await eventually(() => expect(watch.events.at(-1)?.type, path()).toBe('BOOKMARK'), SLOW);
      for (const { object } of watch.events)
        expect(Object.keys(object).sort()).toEqual(['apiVersion', 'kind', 'metadata']);
      watch.close();
    }
  });

  it('deletes dependents of an owner that is gone, by uid', { timeout: SLOW }, async () => {
    const set = await makeSet('gone');
    const pod = await client.create(PODS, pinned(set, 'node-00002'));
    await client.delete(`${SETS}/gone`, { propagationPolicy: 'Background' });
    const owner = await refused(metadata.get(`${SETS}/gone`));
    expect(owner.body.reason).toBe('NotFound');
    const path = `${PODS}/${pod.metadata.name}`;
    const latest = await metadata.get(path);
    expect([latest.kind, latest.metadata.ownerReferences[0].uid]).toEqual(['PartialObjectMetadata', set.metadata.uid]);
    const stale = await refused(metadata.delete(path, { preconditions: { uid: randomUUID() } }));
    expect([stale.status, stale.body.reason]).toEqual([409, 'Conflict']);
    const { uid, resourceVersion } = (await metadata.get(path)).metadata;
    await metadata
      .delete(path, { preconditions: { uid, resourceVersion }, propagationPolicy: 'Background' })
      .catch((error: StatusError) => expect(error.body.reason).toBe('Conflict'));
    await metadata.delete(path, { preconditions: { uid }, propagationPolicy: 'Background' }).catch(() => undefined);
    await eventually(async () => expect((await client.request('GET', path)).status).toBe(404), SLOW);
  });

  it('orphans dependents and removes the finalizer', async () => {
    const set = await makeSet('orphaning');
    const { metadata: pod } = await client.create(PODS, pinned(set, 'node-00003'));
    const going = await client.delete(`${SETS}/orphaning`, { propagationPolicy: 'Orphan' });
    expect(going.metadata.finalizers).toEqual(['orphan']);
    const path = `${PODS}/${pod.name}`;
    const left = await metadata.patch(path, STRATEGIC, {
      metadata: { ownerReferences: [{ $patch: 'delete', uid: set.metadata.uid }], uid: pod.uid },
    });
    expect([left.kind, left.metadata.ownerReferences ?? []]).toEqual(['PartialObjectMetadata', []]);
    const { resourceVersion } = (await metadata.get(`${SETS}/orphaning`)).metadata;
    const old = await refused(
      metadata.patch(`${SETS}/orphaning`, MERGE, { metadata: { resourceVersion: '1', finalizers: [] } }),
    );
    expect([old.status, old.body.reason]).toEqual([409, 'Conflict']);
    await metadata.patch(`${SETS}/orphaning`, MERGE, { metadata: { resourceVersion, finalizers: [] } });
    expect((await client.request('GET', `${SETS}/orphaning`)).status).toBe(404);
    expect((await client.get(path)).metadata.deletionTimestamp).toBeUndefined();
    await client.delete(path, { gracePeriodSeconds: 0 });
  });

  it('keeps an owner that is deleted in the foreground until no dependent blocks it', async () => {
    const set = await makeSet('foreground');
    const { metadata: pod } = await client.create(PODS, pinned(set, 'node-00003'));
    const going = await client.delete(`${SETS}/foreground`, { propagationPolicy: 'Foreground' });
    expect(going.metadata.finalizers).toEqual(['foregroundDeletion']);
    const unblock = { ...ownerOf(set), blockOwnerDeletion: false };
    const freed = await metadata.patch(`${PODS}/${pod.name}`, STRATEGIC, {
      metadata: { ownerReferences: [unblock], uid: pod.uid },
    });
    expect(freed.metadata.ownerReferences).toEqual([unblock]);
    await client.delete(`${PODS}/${pod.name}`, { gracePeriodSeconds: 0 });
    const { resourceVersion } = (await metadata.get(`${SETS}/foreground`)).metadata;
    await metadata.patch(`${SETS}/foreground`, MERGE, { metadata: { resourceVersion, finalizers: [] } });
    expect((await client.request('GET', `${SETS}/foreground`)).status).toBe(404);
  });
});

describe('the namespace controller', () => {
  it('empties a namespace by what discovery names, and lets it go', { timeout: SLOW }, async () => {
    const name = 'theirs';
    const path = `/api/v1/namespaces/${name}`;
    const typed = { apiVersion: 'v1', kind: 'Namespace' };
    await client.create('/api/v1/namespaces', { ...typed, metadata: { name } });
    await eventually(async () => expect(await client.get(`${path}/serviceaccounts/default`)).toBeDefined(), SLOW);
    const pod = { ...pinned(await client.get(`${SETS}/theirs`), 'node-00001') };
    delete pod.metadata.ownerReferences;
    await client.create(`${path}/pods`, pod);
    await client.create(`${path}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'left' } });
    const going = await client.delete(path);
    expect([going.status.phase, going.spec.finalizers]).toEqual(['Terminating', ['kubernetes']]);
    const late = await refused(
      client.create(`${path}/configmaps`, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } }),
    );
    expect([late.status, late.body.reason]).toEqual([403, 'Forbidden']);
    expect(late.body.details.causes[0].reason).toBe('NamespaceTerminating');

    const conditions = [
      {
        type: 'NamespaceContentRemaining',
        status: 'True',
        reason: 'SomeResourcesRemain',
        message: 'Some resources are remaining: pods. has 1 resource instances',
        lastTransitionTime: '2026-11-25T22:31:00Z',
      },
    ];
    const current = await client.get(path);
    const told = await client.update(`${path}/status`, {
      ...current,
      ...typed,
      status: { phase: 'Terminating', conditions },
    });
    expect(told.status.conditions).toEqual(conditions);

    const deletable = (await discovered()).filter(({ namespaced, verbs }) => namespaced && verbs.includes('delete'));
    // Round by round until nothing is left: deletions may cause events.
    await eventually(async () => {
      const left: string[] = [];
      for (const { path: of, verbs } of deletable) {
        expect(verbs, of(name)).toContain('deletecollection');
        await metadata.delete(of(name), { propagationPolicy: 'Background' });
        if ((await metadata.list(of(name))).items?.length) left.push(of(name));
      }
      expect(left).toEqual([]);
    }, SLOW / 2);
    const empty = await client.get(path);
    empty.spec.finalizers = [];
    await client.update(`${path}/finalize`, { ...empty, ...typed });
    await eventually(async () => expect((await client.request('GET', path)).status).toBe(404), SLOW);
  });
});

describe('the node lifecycle controller', () => {
  it('sees leases that are renewed through a watch', { timeout: SLOW }, async () => {
    await eventually(() => {
      const times = leases.events
        .filter(({ object }) => object.metadata.name === 'node-00001')
        .map(({ object }) => Date.parse(object.spec.renewTime));
      expect(Math.max(...times.slice(1))).toBeGreaterThan(times[0] as number);
    }, SLOW);
  });

  it('marks a node as lost, taints it, marks its pods, and reverts all of it', async () => {
    const path = '/api/v1/nodes/node-00003';
    const node = await client.get(path);
    const typed = { apiVersion: 'v1', kind: 'Node' };
    for (const condition of node.status.conditions) {
      if (condition.type === 'Ready') Object.assign(condition, { status: 'Unknown', reason: 'NodeStatusUnknown' });
    }
    const lost = await client.update(`${path}/status`, { ...node, ...typed });
    expect(lost.status.conditions.find(({ type }: Any) => type === 'Ready').status).toBe('Unknown');
    const taints = [
      { key: 'node.kubernetes.io/unreachable', effect: 'NoSchedule', timeAdded: '2026-11-25T22:31:00Z' },
      { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute', timeAdded: '2026-11-25T22:31:00Z' },
    ];
    const { resourceVersion } = lost.metadata;
    const tainted = await client.patch(path, STRATEGIC, { metadata: { resourceVersion }, spec: { taints } });
    expect(tainted.spec.taints).toEqual(taints);
    const { items } = await client.list(`${PODS}?fieldSelector=spec.nodeName%3Dnode-00003&resourceVersion=0`);
    expect(items).not.toHaveLength(0);
    const [pod] = items;
    const marked = await client.patch(`${PODS}/${pod.metadata.name}/status`, STRATEGIC, {
      metadata: { uid: pod.metadata.uid },
      status: { conditions: [{ type: 'Ready', status: 'False' }], $setElementOrder: undefined },
    });
    expect(marked.status.conditions.find(({ type }: Any) => type === 'Ready').status).toBe('False');
    const gone = await client.patch(path, STRATEGIC, { spec: { taints: null } });
    expect(gone.spec.taints ?? []).toEqual([]);
  });
});
