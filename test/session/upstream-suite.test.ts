import { compileDaemonSet, eligibilityOf } from '@everynode/daemonset';
import { type ControllerRevision, canonicalJson, type DaemonSet, type Node, type Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { isPodDeleting, revisionData } from '@everynode/workloads';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Any, type GoClient, type GoWatch, MERGE, STRATEGIC, StatusError } from './go-client.js';
import { stackForTests } from './stack-for-tests.js';

/**
 * The requests of upstream's end-to-end suite before, around and in its tests of DaemonSets and ControllerRevisions, in
 * the same encoding and with the same checks. Sources:
 * kubernetes/kubernetes test/e2e/e2e.go, test/e2e/framework, test/e2e/apps/{daemon_set,controller_revision}.go.
 */
const SLOW = 60_000;
const IMAGE = 'agnhost:2.53';
const OLDER_IMAGE = 'agnhost:2.47';
const NAME_LABEL = 'daemonset-name';
const COLOR_LABEL = 'daemonset-color';
const HASH = 'controller-revision-hash';
const NOT_TERMINAL = 'status.phase!=Failed,status.phase!=Succeeded';

let client: GoClient;
let namespaces = 0;
let ns: string;

stackForTests(3, (_stack, started) => {
  client = started;
});

const sets = () => `/apis/apps/v1/namespaces/${ns}/daemonsets`;
const revisions = () => `/apis/apps/v1/namespaces/${ns}/controllerrevisions`;
const podsPath = () => `/api/v1/namespaces/${ns}/pods`;
const selecting = (label: string, value: string) => `labelSelector=${encodeURIComponent(`${label}=${value}`)}`;

/** A set as the suite writes it: without labels unless a test needs them, and with empty security contexts. */
const daemonSet = (name: string, change: (set: Any) => void = () => undefined): Any => {
  const labels = { [NAME_LABEL]: name };
  const set = {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            { name: 'app', image: IMAGE, ports: [{ containerPort: 9376 }], securityContext: {}, resources: {} },
          ],
          securityContext: {},
        },
      },
      updateStrategy: {},
    },
  };
  change(set);
  return set;
};

const nodes = async (): Promise<Node[]> => (await client.list('/api/v1/nodes')).items;
const allPods = async (): Promise<Pod[]> => (await client.list(podsPath())).items ?? [];

/** Pods of a set as its tests list them. */
const daemonPods = async (name: string): Promise<Pod[]> => {
  const fields = encodeURIComponent(NOT_TERMINAL);
  const { items } = await client.list(`${podsPath()}?${selecting(NAME_LABEL, name)}&fieldSelector=${fields}`);
  expect(items).not.toHaveLength(0);
  return items;
};

const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
const ownedBy = (pod: Pod, set: DaemonSet): boolean =>
  pod.metadata?.ownerReferences?.some(({ uid, controller }) => controller === true && uid === set.metadata?.uid) ??
  false;

/** Names of the nodes that should run the set: the suite calls the controller's own function. */
const nodesFor = async (set: DaemonSet): Promise<string[]> => {
  const compiled = compileDaemonSet(set);
  return (await nodes())
    .filter((node) => eligibilityOf(compiled, node).shouldRun)
    .map(({ metadata }) => metadata?.name ?? '');
};

/** Whether there is one ready pod of the set on each of these nodes, and none elsewhere. */
const runsOn = async (set: DaemonSet, wanted: string[]): Promise<void> => {
  const found = (await allPods()).filter((pod) => ownedBy(pod, set) && !isPodDeleting(pod) && isReady(pod));
  expect(found.map(({ spec }) => spec?.nodeName ?? '').sort()).toEqual([...wanted].sort());
};
const runsEverywhere = (set: DaemonSet) => eventually(async () => runsOn(set, await nodesFor(set)), SLOW);
const runsNowhere = (set: DaemonSet) => eventually(() => runsOn(set, []), SLOW);

/**
 * The suite reads the pods once a second, and the status once the pods are there: it has to be right within that time.
 */
const statusIsWhole = (name: string): Promise<void> =>
  eventually(async () => {
    const { metadata, status } = await client.get(`${sets()}/${name}`);
    // Without a status of this generation all numbers are 0 and equal.
    expect(status.observedGeneration).toBe(metadata.generation);
    const { desiredNumberScheduled, currentNumberScheduled, numberReady } = status;
    expect([currentNumberScheduled, numberReady]).toEqual([desiredNumberScheduled, desiredNumberScheduled]);
  }, 1000);

const histories = async (name: string): Promise<ControllerRevision[]> =>
  (await client.list(`${revisions()}?${selecting(NAME_LABEL, name)}`)).items;

/**
 * The one revision whose data are the set's template. The suite compares bytes, its own encoding of the template with
 * what the server sent, which have to be the same in JSON and inside protobuf.
 */
const currentHistory = async (name: string, count: number): Promise<ControllerRevision> => {
  await eventually(async () => expect(await histories(name)).toHaveLength(count), SLOW);
  const own = canonicalJson(revisionData(await client.get(`${sets()}/${name}`)));
  const matching: ControllerRevision[] = [];
  for (const history of await histories(name)) {
    const path = `${revisions()}/${history.metadata?.name}`;
    const inProtobuf = (await client.request('GET', path)).bytes.includes(own);
    expect((await client.as('dynamic').request('GET', path)).bytes.includes(`"data":${own}`)).toBe(inProtobuf);
    if (inProtobuf) matching.push(history);
  }
  expect(matching).toHaveLength(1);
  return matching[0] as ControllerRevision;
};

const podsHaveHash = async (name: string, hash: string | undefined): Promise<void> => {
  const live = (await daemonPods(name)).filter((pod) => !isPodDeleting(pod));
  expect(new Set(live.map(({ metadata }) => metadata?.labels?.[HASH]))).toEqual(new Set([hash]));
};

/**
 * Waits until every node runs the image. The suite fails at the first read in which more than `maxUnavailable` pods are
 * unavailable.
 */
const imageEverywhere = async (set: DaemonSet, image: string, maxUnavailable: number): Promise<void> => {
  await eventually(async () => {
    const live = (await allPods()).filter((pod) => ownedBy(pod, set) && !isPodDeleting(pod));
    const unavailable = live.filter((pod) => !isReady(pod)).length;
    if (unavailable > maxUnavailable) throw new TooManyUnavailable(`${unavailable} pods are unavailable`);
    const updated = live.filter(({ spec }) => spec?.containers[0]?.image === image).map(({ spec }) => spec?.nodeName);
    expect(updated.sort()).toEqual((await nodesFor(set)).sort());
  }, SLOW);
};
class TooManyUnavailable extends Error {}

/** Reads, changes and writes an object; starts again when another client wrote it meanwhile. */
const updateWithRetries = async (path: string, change: (object: Any) => void): Promise<Any> => {
  for (;;) {
    const object = await client.get(path);
    change(object);
    try {
      return await client.update(path, object);
    } catch (error) {
      if (!(error instanceof StatusError) || error.body.reason !== 'Conflict') throw error;
    }
  }
};

const labelNode = (name: string, labels: Record<string, string>) =>
  updateWithRetries(`/api/v1/nodes/${name}`, (node) => {
    const others = Object.entries(node.metadata.labels as Record<string, string>).filter(
      ([key]) => !key.startsWith('daemonset-'),
    );
    node.metadata.labels = { ...Object.fromEntries(others), ...labels };
  });

/** watchtools.Until: watches from a list's resourceVersion until an event fulfils the condition. */
const until = async (watch: GoWatch, wanted: (object: Any, type: string) => boolean): Promise<void> => {
  try {
    await eventually(() => expect(watch.events.some(({ type, object }) => wanted(object, type))).toBe(true), SLOW);
  } finally {
    watch.close();
  }
};

describe('before the first test, the suite', () => {
  it('finds every node schedulable, ready and without a taint that pods mind', async () => {
    const listed = await client.list(
      `/api/v1/nodes?fieldSelector=${encodeURIComponent('spec.unschedulable=false')}&resourceVersion=0`,
    );
    expect(listed.items).toHaveLength(3);
    for (const { spec, status } of listed.items) {
      expect(spec?.taints ?? []).toEqual([]);
      const conditions = new Map(status.conditions.map(({ type, status: state }: Any) => [type, state]));
      expect(conditions.get('Ready')).toBe('True');
      expect(conditions.get('NetworkUnavailable') ?? 'False').toBe('False');
    }
  });

  it('lists what runs in kube-system, and what could', async () => {
    const at = '/namespaces/kube-system';
    for (const path of [
      `/api/v1${at}/replicationcontrollers`,
      `/apis/apps/v1${at}/replicasets`,
      `/apis/apps/v1${at}/daemonsets`,
      `/api/v1${at}/pods`,
    ]) {
      expect((await client.list(path)).items ?? [], path).toEqual([]);
    }
  });

  it('learns the version, the health and the family of addresses', async () => {
    const plain = client.as('dynamic');
    expect((await plain.get('/version')).gitVersion).toMatch(/^v1\.36\./);
    expect(await plain.get('/healthz')).toBe('ok');
    const service = await client.get('/api/v1/namespaces/default/services/kubernetes');
    expect(service.spec.clusterIP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });
});

describe('around each test, the suite', () => {
  it('makes a namespace, waits for what must be in it by watches, and deletes it', { timeout: SLOW }, async () => {
    const name = 'daemonsets-4711';
    const created = await client.create('/api/v1/namespaces', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: {
        name,
        labels: {
          'e2e-framework': 'daemonsets',
          'e2e-run': 'b3d1a9ee-0000-4000-8000-000000000000',
          'pod-security.kubernetes.io/enforce': 'baseline',
          'pod-security.kubernetes.io/enforce-version': 'latest',
        },
      },
    });
    expect(created.status.phase).toBe('Active');
    // An informer for one object, which begins with a streaming list where the server knows those (client-go 1.35).
    const streamed =
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&timeoutSeconds=300';
    for (const [plural, one] of [
      ['serviceaccounts', 'default'],
      ['configmaps', 'kube-root-ca.crt'],
    ]) {
      const fields = encodeURIComponent(`metadata.name=${one}`);
      const watch = client.watch(`/api/v1/namespaces/${name}/${plural}?fieldSelector=${fields}&${streamed}`);
      await until(watch, (object, type) => type === 'ADDED' && object.metadata.name === one);
    }
    const annotations = { 'scheduler.alpha.kubernetes.io/node-selector': '' };
    const patched = await client.patch(`/api/v1/namespaces/${name}`, STRATEGIC, { metadata: { annotations } });
    expect(patched.metadata.annotations).toEqual(annotations);
    await client.delete(`/api/v1/namespaces/${name}`);
    await eventually(async () => {
      const { status } = await client.request('GET', `/api/v1/namespaces/${name}`);
      expect(status).toBe(404);
    }, SLOW);
  });
});

describe('the tests of DaemonSets', () => {
  beforeEach(async () => {
    namespaces += 1;
    ns = `suite-${namespaces}`;
    await client.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: ns } });
    for (const { metadata } of await nodes()) await labelNode(metadata?.name ?? '', {});
    return async () => {
      // As after each test: every set goes with its pods, and is waited for by a watch of its pods.
      for (const set of (await client.list(sets())).items ?? []) {
        const { name } = set.metadata;
        await client.delete(`${sets()}/${name}`, { propagationPolicy: 'Background' });
        await eventually(async () => {
          const { items } = await client.list(`${podsPath()}?${selecting(NAME_LABEL, name)}&resourceVersion=0`);
          expect(items ?? []).toEqual([]);
        }, SLOW);
      }
      await client.delete(`/api/v1/namespaces/${ns}`);
    };
  });

  const created = async (change?: (set: Any) => void): Promise<DaemonSet> =>
    await client.create(sets(), daemonSet('daemon-set', change));
  const rolling = (set: Any) => {
    set.spec.updateStrategy = { type: 'RollingUpdate' };
  };
  const imagePatch = (image: string) => ({
    spec: { template: { spec: { containers: [{ name: 'app', image }] } } },
  });

  it('run and stop a simple daemon, and a pod that is stopped is revived', { timeout: SLOW }, async () => {
    const set = await created();
    await runsEverywhere(set);
    await statusIsWhole('daemon-set');
    const [pod] = await daemonPods('daemon-set');
    await client.delete(`${podsPath()}/${pod?.metadata?.name}`);
    await runsEverywhere(set);
  });

  it('run and stop one with a node selector, which is changed', { timeout: SLOW }, async () => {
    const set = await created((it) => {
      it.spec.template.spec.nodeSelector = { [COLOR_LABEL]: 'blue' };
    });
    await runsNowhere(set);
    const node = (await nodes())[1]?.metadata?.name ?? '';
    const blue = await labelNode(node, { [COLOR_LABEL]: 'blue' });
    expect(blue.metadata.labels[COLOR_LABEL]).toBe('blue');
    await eventually(() => runsOn(set, [node]), SLOW);
    await statusIsWhole('daemon-set');
    await labelNode(node, { [COLOR_LABEL]: 'green' });
    await runsNowhere(set);
    const green = await client.patch(`${sets()}/daemon-set`, STRATEGIC, {
      spec: {
        template: { spec: { nodeSelector: { [COLOR_LABEL]: 'green' } } },
        updateStrategy: { type: 'RollingUpdate' },
      },
    });
    await eventually(() => runsOn(green, [node]), SLOW);
    await statusIsWhole('daemon-set');
  });

  it('run and stop one with node affinity', { timeout: SLOW }, async () => {
    const matchExpressions = [{ key: COLOR_LABEL, operator: 'In', values: ['blue'] }];
    const set = await created((it) => {
      it.spec.template.spec.affinity = {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
      };
    });
    await runsNowhere(set);
    const node = (await nodes())[2]?.metadata?.name ?? '';
    await labelNode(node, { [COLOR_LABEL]: 'blue' });
    await eventually(() => runsOn(set, [node]), SLOW);
    await labelNode(node, {});
    await runsNowhere(set);
  });

  it('set the phase of a pod to Failed, without a resourceVersion, and see it replaced', {
    timeout: SLOW,
  }, async () => {
    const set = await created();
    await runsEverywhere(set);
    await statusIsWhole('daemon-set');
    const [pod] = (await daemonPods('daemon-set')) as Any[];
    delete pod.metadata.resourceVersion;
    pod.status.phase = 'Failed';
    const path = `${podsPath()}/${pod.metadata.name}`;
    const failed = await client.update(`${path}/status`, { ...pod, apiVersion: 'v1', kind: 'Pod' });
    expect(failed.status.phase).toBe('Failed');
    await runsEverywhere(set);
    await eventually(async () => expect((await client.request('GET', path)).status).toBe(404), SLOW);
  });

  it('keep pods as they are with OnDelete', { timeout: SLOW }, async () => {
    const set = await created((it) => {
      it.spec.updateStrategy = { type: 'OnDelete' };
    });
    await runsEverywhere(set);
    const first = await currentHistory('daemon-set', 1);
    expect(first.revision).toBe(1);
    await podsHaveHash('daemon-set', first.metadata?.labels?.[HASH]);
    await client.patch(`${sets()}/daemon-set`, STRATEGIC, imagePatch(OLDER_IMAGE));
    const current = await currentHistory('daemon-set', 2);
    expect(current.revision).toBe(2);
    await imageEverywhere(set, IMAGE, 0);
    await podsHaveHash('daemon-set', first.metadata?.labels?.[HASH]);
  });

  it('replace pods one by one with RollingUpdate, and resourceVersions that grow', { timeout: SLOW }, async () => {
    const set = await created(rolling);
    await runsEverywhere(set);
    const before = await client.get(`${sets()}/daemon-set`);
    await podsHaveHash('daemon-set', (await currentHistory('daemon-set', 1)).metadata?.labels?.[HASH]);
    const patched = await client.patch(`${sets()}/daemon-set`, STRATEGIC, imagePatch(OLDER_IMAGE));
    expect(BigInt(patched.metadata.resourceVersion)).toBeGreaterThan(BigInt(before.metadata.resourceVersion));
    await imageEverywhere(patched, OLDER_IMAGE, 1);
    await runsEverywhere(patched);
    const current = await currentHistory('daemon-set', 2);
    expect(current.revision).toBe(2);
    await podsHaveHash('daemon-set', current.metadata?.labels?.[HASH]);
  });

  it('roll back in the middle without touching pods that were not updated', { timeout: SLOW }, async () => {
    const set = await created(rolling);
    await runsEverywhere(set);
    const missing = 'foo:non-existent';
    const change = (image: string) =>
      updateWithRetries(`${sets()}/daemon-set`, (it) => {
        it.spec.template.spec.containers[0].image = image;
      });
    await change(missing);
    const imageOf = (pod: Pod) => pod.spec?.containers[0]?.image;
    await eventually(async () => expect((await daemonPods('daemon-set')).map(imageOf)).toContain(missing), SLOW);
    const midway = await daemonPods('daemon-set');
    const kept = midway.filter((pod) => imageOf(pod) === IMAGE).map(({ metadata }) => metadata?.name);
    // Two of three nodes: the suite needs one at least, and the budget is one.
    expect(kept).toHaveLength(2);
    const back = await change(IMAGE);
    await imageEverywhere(back, IMAGE, 1);
    const names = (await daemonPods('daemon-set')).map(({ metadata }) => metadata?.name);
    expect(names).toEqual(expect.arrayContaining(kept));
  });

  it('surge: never a node without an available pod, never two of one version', { timeout: SLOW }, async () => {
    const set = await created((it) => {
      const [container] = it.spec.template.spec.containers;
      container.env = [{ name: 'VERSION', value: '1' }];
      container.lifecycle = { preStop: { exec: { command: ['/bin/sh', '-c', 'sleep 15 && echo <done> >&2'] } } };
      container.readinessProbe = {
        exec: { command: ['/bin/sh', '-ec', 'touch /var/tmp/ready'] },
        initialDelaySeconds: 7,
        periodSeconds: 3,
        successThreshold: 1,
        failureThreshold: 1,
      };
      it.spec.updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: '20%' } };
      it.spec.minReadySeconds = 1;
    });
    await runsEverywhere(set);
    await podsHaveHash('daemon-set', (await currentHistory('daemon-set', 1)).metadata?.labels?.[HASH]);
    // Old pods that are not available yet are replaced outside the budget.
    await eventually(
      async () => expect((await client.get(`${sets()}/daemon-set`)).status.numberAvailable).toBe(3),
      SLOW,
    );
    const env = [{ name: 'VERSION', value: '2' }];
    await client.patch(`${sets()}/daemon-set`, STRATEGIC, {
      spec: { template: { spec: { containers: [{ name: 'app', env }] } } },
    });
    const wanted = await nodesFor(set);
    const availableNow = (pod: Pod): boolean => {
      const since = pod.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
      return since !== undefined && Date.parse(String(since.lastTransitionTime)) + 1000 <= Date.now();
    };
    let wrong: string | undefined;
    await eventually(async () => {
      const owned = (await allPods()).filter((pod) => ownedBy(pod, set));
      const live = owned.filter((pod) => !isPodDeleting(pod));
      const keys = live.map(({ spec }) => `${spec?.nodeName} ${spec?.containers[0]?.env?.[0]?.value}`);
      if (new Set(keys).size !== keys.length) wrong ??= `two of one version on a node: ${keys}`;
      const young = live.filter(({ spec }) => spec?.containers[0]?.env?.[0]?.value === '2');
      // At most the surge of 20 % of three nodes, rounded up, is new and not available beside an old pod.
      const surging = young.filter(
        (pod) => !availableNow(pod) && live.some((old) => old !== pod && old.spec?.nodeName === pod.spec?.nodeName),
      );
      if (surging.length > 1) wrong ??= `${surging.length} pods surge at once`;
      if (!wanted.every((node) => live.some((pod) => pod.spec?.nodeName === node && isReady(pod)))) {
        wrong ??= `a node has no ready pod: ${keys}`;
      }
      expect(keys.sort()).toEqual(wanted.map((node) => `${node} 2`).sort());
    }, SLOW);
    expect(wrong).toBeUndefined();
    expect((await currentHistory('daemon-set', 2)).revision).toBe(2);
  });

  it('list and delete a collection, over all namespaces and by label', { timeout: SLOW }, async () => {
    const set = await created((it) => {
      it.metadata.labels = { [NAME_LABEL]: 'daemon-set' };
    });
    await runsEverywhere(set);
    await statusIsWhole('daemon-set');
    const label = selecting(NAME_LABEL, 'daemon-set');
    const everywhere = async () => (await client.list(`/apis/apps/v1/daemonsets?${label}`)).items ?? [];
    expect(await everywhere()).toHaveLength(1);
    await client.delete(`${sets()}?${label}`, { gracePeriodSeconds: 1 });
    expect(await everywhere()).toEqual([]);
  });

  it('change the status: read by a dynamic client, put, patched, each seen by a watch', { timeout: SLOW }, async () => {
    const label = selecting(NAME_LABEL, 'daemon-set');
    const { metadata: listed } = await client.list(`/apis/apps/v1/daemonsets?${label}`);
    const set = await created((it) => {
      it.metadata.labels = { [NAME_LABEL]: 'daemon-set' };
    });
    await runsEverywhere(set);
    await statusIsWhole('daemon-set');
    const status = await client.as('dynamic').get(`${sets()}/daemon-set/status`);
    expect([status.kind, status.status.desiredNumberScheduled]).toEqual(['DaemonSet', 3]);
    const condition = { type: 'StatusUpdate', status: 'True', reason: 'E2E', message: 'Set from e2e test' };
    const typed = { apiVersion: 'apps/v1', kind: 'DaemonSet' };
    await eventually(async () => {
      const current = await client.get(`${sets()}/daemon-set`);
      current.status.conditions = [...(current.status.conditions ?? []), condition];
      const updated = await client.update(`${sets()}/daemon-set/status`, { ...current, ...typed });
      expect(updated.status.conditions).toContainEqual(expect.objectContaining(condition));
    }, SLOW);
    const has = (type: string) => (object: Any) =>
      object.metadata?.name === 'daemon-set' &&
      (object.status?.conditions ?? []).some((each: Any) => each.type === type);
    const from = `${sets()}?${label}&allowWatchBookmarks=true&resourceVersion=${listed.resourceVersion}`;
    await until(client.watch(from), has('StatusUpdate'));
    // The patch is a whole DaemonSet as Go writes it, zero values and nulls with it.
    const patch = {
      metadata: {},
      spec: {
        selector: null,
        template: { metadata: {}, spec: { containers: null } },
        updateStrategy: {},
      },
      status: {
        currentNumberScheduled: 0,
        numberMisscheduled: 0,
        desiredNumberScheduled: 0,
        numberReady: 0,
        conditions: [{ type: 'StatusPatched', status: 'True', lastTransitionTime: null }],
      },
    };
    await client.patch(`${sets()}/daemon-set/status`, MERGE, patch);
    await until(client.watch(from), has('StatusPatched'));
    // The controller corrects the status that was patched; the patch must not change the spec.
    await eventually(async () => {
      const now = await client.get(`${sets()}/daemon-set`);
      expect(now.status.numberReady).toBe(3);
      expect(now.spec.selector.matchLabels).toEqual({ [NAME_LABEL]: 'daemon-set' });
    }, SLOW);
  });

  it('manage the life of a ControllerRevision', { timeout: SLOW }, async () => {
    const name = 'e2e-abcde-daemon-set';
    const label = selecting(NAME_LABEL, name);
    const body = daemonSet(name, (it) => {
      it.metadata.labels = { [NAME_LABEL]: name };
    });
    await runsEverywhere(await client.create(sets(), body));
    await statusIsWhole(name);
    const set = await client.get(`${sets()}/${name}`);
    const { items } = await client.list(`/apis/apps/v1/controllerrevisions?${label}`);
    expect(items).toHaveLength(1);
    const initial = await client.get(`${revisions()}/${items[0].metadata.name}`);
    expect(initial.metadata.ownerReferences[0]).toMatchObject({ kind: 'DaemonSet', uid: set.metadata.uid });
    const first = initial.metadata.name;
    const patched = await client.patch(`${revisions()}/${first}`, STRATEGIC, {
      metadata: { labels: { [first]: 'patched' } },
    });
    expect(patched.metadata.labels[first]).toBe('patched');

    const counted = (count: number) =>
      eventually(async () => expect((await client.list(`${revisions()}?${label}`)).items).toHaveLength(count), SLOW);
    const typed = { apiVersion: 'apps/v1', kind: 'ControllerRevision' };
    const second = `${name}-5d6fd8c8c8`;
    await client.create(revisions(), {
      ...typed,
      metadata: {
        name: second,
        labels: { [NAME_LABEL]: name, [HASH]: '5d6fd8c8c8' },
        ownerReferences: initial.metadata.ownerReferences,
      },
      data: initial.data,
      revision: initial.revision + 1,
    });
    // The controller may find both with the same data and keep only the newer one, as upstream does.
    await eventually(async () => {
      const names = (await client.list(`${revisions()}?${label}`)).items.map((each: Any) => each.metadata.name);
      expect(names).toContain(second);
    }, SLOW);
    await client.delete(`${revisions()}/${first}`).catch((error: StatusError) => expect(error.status).toBe(404));
    await counted(1);
    const updated = await updateWithRetries(`${revisions()}/${second}`, (revision) => {
      Object.assign(revision, typed);
      revision.metadata.labels[second] = 'updated';
    });
    expect(updated.metadata.labels[second]).toBe('updated');
    // `updateStrategy` is in the wrong place, as in the suite: that causes at most a warning.
    await client.patch(`${sets()}/${name}`, STRATEGIC, {
      spec: { template: { spec: { terminationGracePeriodSeconds: 1 } } },
      updateStrategy: { type: 'RollingUpdate' },
    });
    await counted(2);
    await client.delete(`${revisions()}?${selecting(second, 'updated')}`);
    await counted(1);
    expect((await client.list(revisions())).items[0].revision).toBe(3);
  });
});
