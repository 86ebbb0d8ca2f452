import { createInterface } from 'node:readline';
import type { DaemonSet, Pod } from '@everynode/objects';
import { eventually, type Kubectl } from '@everynode/test-kit';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fluentd, podSpec } from './manifests.js';
import { startStack, type TestStack } from './stack.js';

/**
 * The session that the README shows, played by the real kubectl against separate processes. One story: each step goes
 * on from where the one before it left the cluster.
 */
const NAME = 'fluentd-elasticsearch';
const WORKERS = ['k8s-01', 'k8s-02', 'k8s-03'];
const MASTERS = ['k8s-master-01', 'k8s-master-02', 'k8s-master-03'];
const SLOW = 60_000;

let stack: TestStack;
let kubectl: Kubectl;

beforeAll(async () => {
  stack = await startStack(['--fresh'], {
    EVERYNODE_NODE_MONITOR_GRACE_SECONDS: '3',
    EVERYNODE_HEARTBEAT_SECONDS: '1',
    EVERYNODE_SIM_START_MS: '50-150',
    EVERYNODE_SIM_STOP_MS: '100-200',
  });
  kubectl = stack.kubectl;
}, 180_000);

afterAll(async () => {
  await stack.stop();
}, 60_000);

const row = async (name = NAME): Promise<Record<string, string>> => {
  const rows = await kubectl.table('get ds -n=kube-system');
  const found = rows.find((candidate) => candidate.NAME === name);
  if (!found) throw new Error(`no DaemonSet ${name} in ${JSON.stringify(rows)}`);
  return found;
};

const counts = (n: number) => ({
  DESIRED: `${n}`,
  CURRENT: `${n}`,
  READY: `${n}`,
  'UP-TO-DATE': `${n}`,
  AVAILABLE: `${n}`,
});

const podsOf = async (selector = `name=${NAME}`): Promise<Pod[]> =>
  (await kubectl.json<{ items: Pod[] }>(`get pods -n kube-system --selector ${selector}`)).items;

const nodesWithPods = async (selector?: string): Promise<string[]> =>
  (await podsOf(selector)).map((pod) => pod.spec?.nodeName ?? '').sort();

const settled = (n: number, name = NAME) =>
  eventually(async () => expect(await row(name)).toMatchObject(counts(n)), SLOW);

describe('the cluster that npm start brings up', () => {
  it('has six nodes, ready, with their roles', async () => {
    const nodes = await kubectl.table('get nodes');
    expect(nodes.map((node) => [node.NAME, node.STATUS, node.ROLES])).toEqual([
      ...WORKERS.map((name) => [name, 'Ready', '<none>']),
      ...MASTERS.map((name) => [name, 'Ready', 'master']),
    ]);
    expect(await kubectl.run('get nodes -L beta.kubernetes.io/os,kubernetes.io/hostname')).toContain('linux');
  });

  it('has two DaemonSets on all of them', async () => {
    await settled(6, 'calico-node');
    await settled(6, 'kube-proxy');
    expect((await row('kube-proxy'))['NODE SELECTOR']).toBe('beta.kubernetes.io/os=linux');
  });
});

describe('apply', () => {
  it('accepts the manifest and brings up one pod for each worker', async () => {
    expect(await kubectl.run('apply -f examples/fluentd-elasticsearch.yaml')).toBe(`daemonset.apps/${NAME} created`);
    await settled(3);
    const shown = await row();
    expect(shown['NODE SELECTOR']).toBe('<none>');
    expect(shown.AGE).toMatch(/^\d+s$/);
    expect(Object.keys(shown)).toEqual([
      'NAME',
      'DESIRED',
      'CURRENT',
      'READY',
      'UP-TO-DATE',
      'AVAILABLE',
      'NODE SELECTOR',
      'AGE',
    ]);
  });

  it('shows the pods on the workers only', async () => {
    const pods = await kubectl.table('get pods -n=kube-system --selector name=fluentd-elasticsearch -o wide');
    expect(Object.keys(pods[0] ?? {})).toEqual([
      'NAME',
      'READY',
      'STATUS',
      'RESTARTS',
      'AGE',
      'IP',
      'NODE',
      'NOMINATED NODE',
      'READINESS GATES',
    ]);
    expect(pods.map((pod) => pod.NODE).sort()).toEqual(WORKERS);
    for (const pod of pods) {
      expect(pod).toMatchObject({ READY: '1/1', STATUS: 'Running', RESTARTS: '0', 'NOMINATED NODE': '<none>' });
      expect(pod.NAME).toMatch(/^fluentd-elasticsearch-[a-z0-9]{5}$/);
      expect(pod.IP).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    }
  });

  it('changes nothing when it is applied again', async () => {
    const before = await kubectl.json<DaemonSet>(`get ds ${NAME} -n kube-system`);
    expect(await kubectl.run('apply -f examples/fluentd-elasticsearch.yaml')).toBe(`daemonset.apps/${NAME} unchanged`);
    const after = await kubectl.json<DaemonSet>(`get ds ${NAME} -n kube-system`);
    expect(after.metadata?.resourceVersion).toBe(before.metadata?.resourceVersion);
  });

  it('describes nodes, sets, pods and events', async () => {
    const node = await kubectl.run('describe nodes k8s-master-01');
    expect(node).toMatch(/^Taints:\s+node-role.kubernetes.io\/master:NoSchedule$/m);
    expect(node).toMatch(/^Lease:\n {2}HolderIdentity: {2}k8s-master-01$/m);
    expect(node).toMatch(/^Non-terminated Pods:\s+\(2 in total\)$/m);
    const set = await kubectl.run(`describe ds ${NAME} -n kube-system`);
    expect(set).toMatch(/^Pods Status:\s+3 Running \/ 0 Waiting \/ 0 Succeeded \/ 0 Failed$/m);
    expect(set).toMatch(/Normal\s+SuccessfulCreate\s+\S+\s+daemonset-controller\s+Created pod: fluentd-elasticsearch-/);
    const [first] = await podsOf();
    await eventually(async () => {
      const pod = await kubectl.run(['describe', 'pod', '-n', 'kube-system', first?.metadata?.name ?? '']);
      expect(pod).toMatch(/^Controlled By:\s+DaemonSet\/fluentd-elasticsearch$/m);
      expect(pod).toMatch(/Normal\s+Scheduled\s+\S+\s+default-scheduler\s+Successfully assigned kube-system\//);
      expect(pod).toMatch(/Normal\s+Started\s+\S+\s+kubelet\s+Container started/);
    });
    expect(await kubectl.run('get events -n kube-system')).toContain('SuccessfulCreate');
  });

  it('explains its fields', async () => {
    const text = await kubectl.run('explain daemonset.spec');
    expect(text).toContain('GROUP:      apps');
    expect(text).toMatch(/updateStrategy\s+<DaemonSetUpdateStrategy>/);
    expect(text).toMatch(/selector\s+<LabelSelector> -required-/);
  });
});

describe('a toleration for the masters', () => {
  it('brings pods to the masters at once and replaces those on the workers one by one', async () => {
    const before = new Set((await podsOf()).map((pod) => pod.metadata?.name));
    const seen = await watchRollout(before);
    await kubectl.run('apply -f examples/with-toleration.yaml');
    expect(await kubectl.run(`rollout status ds/${NAME} -n kube-system --timeout=60s`)).toContain(
      `daemon set "${NAME}" successfully rolled out`,
    );
    await eventually(() => expect(seen.result).toEqual({ leastAvailableWorkers: 2, terminatingSeen: true }));
    await seen.stop();
    await settled(6);
    expect(await nodesWithPods()).toEqual([...WORKERS, ...MASTERS]);
    expect((await podsOf()).some((pod) => before.has(pod.metadata?.name))).toBe(false);
  });

  it('has a history, and can be restarted and undone', async () => {
    const history = await kubectl.run(`rollout history ds/${NAME} -n kube-system`);
    expect(history).toMatch(/^REVISION\s+CHANGE-CAUSE\n1\s+<none>\n2\s+<none>/m);
    expect(await kubectl.run(`rollout restart ds/${NAME} -n kube-system`)).toContain('restarted');
    await kubectl.run(`rollout status ds/${NAME} -n kube-system --timeout=60s`);
    const template = (await kubectl.json<DaemonSet>(`get ds ${NAME} -n kube-system`)).spec?.template;
    expect(template?.metadata?.annotations).toHaveProperty('kubectl.kubernetes.io/restartedAt');
    expect(await kubectl.run(`rollout undo ds/${NAME} -n kube-system --to-revision=2`)).toContain('rolled back');
    await kubectl.run(`rollout status ds/${NAME} -n kube-system --timeout=60s`);
    const undone = (await kubectl.json<DaemonSet>(`get ds ${NAME} -n kube-system`)).spec?.template;
    expect(undone?.metadata?.annotations ?? {}).not.toHaveProperty('kubectl.kubernetes.io/restartedAt');
    // The revision that is current again got a new number; none was added.
    const numbers = (await kubectl.run(`rollout history ds/${NAME} -n kube-system`)).match(/^\d+/gm);
    expect(numbers).toEqual(['1', '3', '4']);
    await settled(6);
  });
});

describe('a node selector', () => {
  it('empties the set, and labels bring pods where they are put', async () => {
    await kubectl.run('apply -f examples/with-node-selector.yaml');
    await settled(0);
    await eventually(async () => expect(await podsOf()).toEqual([]), SLOW);
    await kubectl.run('label node k8s-01 logger=fluentd');
    await settled(1);
    await kubectl.run('label node k8s-02 logger=fluentd');
    await settled(2);
    expect((await row())['NODE SELECTOR']).toBe('logger=fluentd');
    expect(await nodesWithPods()).toEqual(['k8s-01', 'k8s-02']);
    await kubectl.run('label node k8s-01 logger-');
    await settled(1);
    await eventually(async () => expect(await nodesWithPods()).toEqual(['k8s-02']), SLOW);
  });

  it('can be taken out again', async () => {
    await kubectl.run('apply -f -', await fluentd());
    await settled(3);
    expect(await nodesWithPods()).toEqual(WORKERS);
    await kubectl.run('label node k8s-02 logger-');
  });
});

describe('a cluster that grows and shrinks', () => {
  let agent: string;

  it('follows nodes that are added while it runs', async () => {
    const printed = await stack.everynode('nodes', 'add', 'k8s-04', 'k8s-05', 'k8s-06');
    agent = /agent-\d+/.exec(printed)?.[0] ?? '';
    await settled(6);
    expect(await nodesWithPods()).toEqual([...WORKERS, 'k8s-04', 'k8s-05', 'k8s-06']);
  });

  it('follows a node that is deleted', async () => {
    await kubectl.run('delete node k8s-06');
    await settled(5);
    await eventually(async () => expect(await nodesWithPods()).not.toContain('k8s-06'), SLOW);
  });

  it('follows nodes whose agent dies', async () => {
    await stack.everynode('agents', 'stop', agent);
    await eventually(async () => {
      const nodes = await kubectl.table('get nodes k8s-04 k8s-05');
      expect(nodes.map((node) => node.STATUS)).toEqual(['NotReady', 'NotReady']);
    }, SLOW);
    await settled(3);
    expect(await kubectl.run('describe node k8s-04')).toMatch(/Ready\s+Unknown .*NodeStatusUnknown/);
    await kubectl.run('delete node k8s-04 k8s-05');
    await eventually(async () => expect(await nodesWithPods()).toEqual(WORKERS), SLOW);
  });
});

describe('what an administrator does to nodes and pods', () => {
  it('keeps daemon pods on a cordoned and a drained node', async () => {
    await kubectl.run('cordon k8s-01');
    await eventually(async () =>
      expect((await kubectl.table('get node k8s-01'))[0]?.STATUS).toBe('Ready,SchedulingDisabled'),
    );
    const drained = await kubectl.run('drain k8s-01 --ignore-daemonsets');
    expect(drained).toContain('k8s-01 drained');
    expect(await nodesWithPods()).toEqual(WORKERS);
    await kubectl.run('uncordon k8s-01');
    await settled(3);
  });

  it('removes pods from a node with a taint that they do not tolerate, and brings them back', async () => {
    await kubectl.run('taint nodes k8s-01 dedicated=db:NoExecute');
    await settled(2);
    await eventually(async () => expect(await nodesWithPods()).toEqual(['k8s-02', 'k8s-03']), SLOW);
    await kubectl.run('taint nodes k8s-01 dedicated-');
    await settled(3);
  });

  it('keeps running pods on a node with a NoSchedule taint', async () => {
    await kubectl.run('taint nodes k8s-01 dedicated=db:NoSchedule');
    await eventually(async () => expect((await row()).DESIRED).toBe('2'));
    expect(await nodesWithPods()).toEqual(WORKERS);
    await kubectl.run('taint nodes k8s-01 dedicated-');
    await settled(3);
  });

  it('replaces a deleted pod on the same node', async () => {
    const victim = (await podsOf()).find((pod) => pod.spec?.nodeName === 'k8s-02')?.metadata?.name ?? '';
    await kubectl.run(['delete', 'pod', victim, '-n', 'kube-system']);
    await settled(3);
    const now = (await podsOf()).find((pod) => pod.spec?.nodeName === 'k8s-02')?.metadata?.name;
    expect(now).toBeDefined();
    expect(now).not.toBe(victim);
  });
});

describe('deleting the set', () => {
  it('deletes its pods in the background', async () => {
    await kubectl.run(`delete ds ${NAME} -n kube-system`);
    await eventually(async () => expect(await podsOf()).toEqual([]), SLOW);
    const revisions = await kubectl.json<{ items: { metadata: { name: string } }[] }>(
      'get controllerrevisions -n kube-system',
    );
    expect(revisions.items.filter((revision) => revision.metadata.name.startsWith(NAME))).toEqual([]);
  });

  it('waits for its pods in the foreground', async () => {
    await kubectl.run('apply -f -', await fluentd());
    await settled(3);
    await kubectl.run(`delete ds ${NAME} -n kube-system --cascade=foreground`);
    expect(await podsOf()).toEqual([]);
  });

  it('leaves its pods when they are orphaned, and a new set adopts them', async () => {
    await kubectl.run('apply -f -', await fluentd());
    await settled(3);
    const before = (await podsOf()).map((pod) => pod.metadata?.uid).sort();
    await kubectl.run(`delete ds ${NAME} -n kube-system --cascade=orphan`);
    await eventually(async () => {
      const orphans = await podsOf();
      expect(orphans.map((pod) => pod.metadata?.ownerReferences)).toEqual([undefined, undefined, undefined]);
    });
    await kubectl.run('apply -f -', await fluentd());
    await settled(3);
    const adopted = await podsOf();
    expect(adopted.map((pod) => pod.metadata?.uid).sort()).toEqual(before);
    expect(adopted.every((pod) => pod.metadata?.ownerReferences?.[0]?.name === NAME)).toBe(true);
  });
});

describe('bad manifests', () => {
  const refused: [string, () => Promise<string>, RegExp][] = [
    [
      'restartPolicy Never',
      () => fluentd((ds) => (podSpec(ds).restartPolicy = 'Never')),
      /spec\.template\.spec\.restartPolicy: Unsupported value: "Never": supported values: "Always"/,
    ],
    [
      'spec.replicas',
      () => fluentd((ds) => Object.assign(ds.spec, { replicas: 3 })),
      /strict decoding error: unknown field "spec\.replicas"/,
    ],
    [
      'a selector that does not match the template',
      () => fluentd((ds) => (ds.spec.template.metadata = { labels: { name: 'other' } })),
      /spec\.template\.metadata\.labels: Invalid value: .*`selector` does not match template `labels`/,
    ],
    [
      'a changed selector',
      () =>
        fluentd((ds) => {
          ds.spec.selector = { matchLabels: { name: 'changed' } };
          ds.spec.template.metadata = { labels: { name: 'changed' } };
        }),
      /spec\.selector: Invalid value: .*field is immutable/,
    ],
    [
      'maxUnavailable 0 with maxSurge 0',
      () => fluentd((ds) => (ds.spec.updateStrategy = { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } })),
      /spec\.updateStrategy\.rollingUpdate\.maxUnavailable: Required value: cannot be 0 when maxSurge is 0/,
    ],
  ];

  it.each(refused)('refuses %s with the field path, and changes nothing', async (_what, manifest, message) => {
    const before = await kubectl.json<DaemonSet>(`get ds ${NAME} -n kube-system`);
    const pods = (await podsOf()).map((pod) => pod.metadata?.resourceVersion);
    const { exitCode, stderr } = await kubectl.try('apply -f -', await manifest());
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(message);
    expect(await kubectl.json<DaemonSet>(`get ds ${NAME} -n kube-system`)).toEqual(before);
    expect((await podsOf()).map((pod) => pod.metadata?.resourceVersion)).toEqual(pods);
  });
});

/** Follows the set's pods by a watch, which misses no change, however short. Resolves when it shows them all. */
async function watchRollout(old: ReadonlySet<string | undefined>) {
  const columns = [
    '{.type}',
    '{.object.metadata.name}',
    '{.object.spec.nodeName}',
    '{.object.metadata.deletionTimestamp}',
    '{.object.status.conditions[?(@.type=="Ready")].status}',
  ];
  const output = `jsonpath=${columns.join('|')}{"\\n"}`;
  const watch = execa(
    kubectl.path,
    ['get', 'pods', '-n', 'kube-system', '-l', `name=${NAME}`, '-w', '--output-watch-events', '-o', output],
    { env: { KUBECONFIG: kubectl.kubeconfig }, reject: false, buffer: false },
  );
  const available = new Set<string>();
  const result = { leastAvailableWorkers: WORKERS.length, terminatingSeen: false };
  let isWhole = false;
  createInterface({ input: watch.stdout }).on('line', (line) => {
    const [type, name = '', node = '', deletedAt, ready] = line.split('|');
    if (type !== 'DELETED' && ready === 'True' && WORKERS.includes(node)) available.add(name);
    else available.delete(name);
    isWhole ||= available.size === WORKERS.length;
    if (isWhole) result.leastAvailableWorkers = Math.min(result.leastAvailableWorkers, available.size);
    result.terminatingSeen ||= deletedAt !== '' && old.has(name);
  });
  await eventually(() => expect(isWhole).toBe(true), SLOW);
  return {
    /** The result, which the watch may still add to. */
    result,
    stop: async () => {
      watch.kill();
      await watch;
    },
  };
}
