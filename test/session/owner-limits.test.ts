import type { DaemonSet, Pod } from '@everynode/objects';
import { eventually, type Kubectl } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from './stack.js';

/** What DaemonSets can do beyond upstream, and how failed pods are replaced, as kubectl shows it. */
const SLOW = 60_000;
const ZONE = 'topology.kubernetes.io/zone';

let stack: TestStack;
let kubectl: Kubectl;

const manifest = {
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: {
    name: 'agent',
    annotations: {
      'everynode.io/topology-order': ZONE,
      'everynode.io/topology-budget': '100%',
      'everynode.io/progress-deadline-seconds': '2',
      'everynode.io/rollback-on-deadline': 'true',
    },
  },
  spec: {
    selector: { matchLabels: { app: 'agent' } },
    template: {
      metadata: { labels: { app: 'agent' } },
      spec: { containers: [{ name: 'main', image: 'agent:1' }] },
    },
  },
};

const daemonSet = () => kubectl.json<DaemonSet>('get ds agent');
const image = async () => (await daemonSet()).spec?.template.spec?.containers[0]?.image;
const pods = async () => (await kubectl.json<{ items: Pod[] }>('get pods -l app=agent')).items;

/** Zones of the nodes whose pod has the image. */
async function zonesWith(wanted: string): Promise<string[]> {
  const nodes = await kubectl.table(`get nodes -L ${ZONE}`);
  const zones = new Map(nodes.map((node) => [node.NAME, node.ZONE ?? '']));
  const having = (await pods()).filter(({ spec }) => spec?.containers[0]?.image === wanted);
  return [...new Set(having.map(({ spec }) => zones.get(spec?.nodeName ?? '') ?? ''))].sort();
}

const settled = () =>
  eventually(async () => {
    const { status } = await daemonSet();
    expect(status).toMatchObject({ desiredNumberScheduled: 6, updatedNumberScheduled: 6, numberAvailable: 6 });
  }, SLOW);

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '6', '--agents', '1']);
  kubectl = stack.kubectl;
  await kubectl.run('apply -f -', JSON.stringify(manifest));
  await settled();
}, 180_000);

afterAll(async () => {
  await stack.stop();
}, 60_000);

describe('a rollout zone by zone', () => {
  it('stops in the first zone with a bad image, names the pods that block it, and rolls back', {
    timeout: SLOW,
  }, async () => {
    await eventually(async () =>
      expect((await daemonSet()).metadata?.annotations).toHaveProperty(['everynode.io/last-good-revision']),
    );
    const template = {
      metadata: { annotations: { 'simulation.everynode.io/image-error': 'true' } },
      spec: { containers: [{ name: 'main', image: 'agent:bad' }] },
    };
    await kubectl.run(['patch', 'ds', 'agent', '-p', JSON.stringify({ spec: { template } })]);
    await eventually(async () => expect(await zonesWith('agent:bad')).toEqual(['zone-a']), SLOW);
    await eventually(async () => expect(await image()).toBe('agent:1'), SLOW);
    await settled();
    // Events come a little later than what they report.
    await eventually(async () => {
      const described = await kubectl.run('describe ds agent');
      expect(described).toMatch(
        /Warning\s+Degraded\s.*2 of 6 nodes have no available pod: node-00001 \(container main: /,
      );
      expect(described).toMatch(
        /Warning\s+ProgressDeadlineExceeded\s.*no progress in 2 s: .*in turn: topology\S+ zone-a;/,
      );
    });
  });

  it('never has the next zone begin before the last is done', { timeout: SLOW }, async () => {
    const patch = {
      spec: {
        template: { metadata: { annotations: null }, spec: { containers: [{ name: 'main', image: 'agent:2' }] } },
      },
    };
    await kubectl.run(['patch', 'ds', 'agent', '-p', JSON.stringify(patch)]);
    const seen: string[] = [];
    await eventually(async () => {
      seen.push((await zonesWith('agent:2')).join());
      expect(seen.at(-1)).toBe('zone-a,zone-b,zone-c');
    }, SLOW);
    expect(['', 'zone-a', 'zone-a,zone-b', 'zone-a,zone-b,zone-c']).toEqual(expect.arrayContaining([...new Set(seen)]));
    await settled();
  });
});

describe('a pod whose status is set to Failed', () => {
  it('is replaced on its node and goes away, with an event', { timeout: 2 * SLOW }, async () => {
    // Its own set: after 25 events on an object only few more are recorded, as upstream.
    const labels = { app: 'fresh' };
    const spec = { ...manifest.spec, selector: { matchLabels: labels } };
    const template = { ...manifest.spec.template, metadata: { labels } };
    const fresh = { ...manifest, metadata: { name: 'fresh' }, spec: { ...spec, template } };
    await kubectl.run('apply -f -', JSON.stringify(fresh));
    const freshPods = async () => (await kubectl.json<{ items: Pod[] }>('get pods -l app=fresh')).items;
    const available = () =>
      eventually(async () => {
        const { status } = await kubectl.json<DaemonSet>('get ds fresh');
        expect(status).toMatchObject({ desiredNumberScheduled: 6, numberAvailable: 6 });
      }, SLOW);
    await available();
    const [victim] = await freshPods();
    const { name = '', uid } = victim?.metadata ?? {};
    await kubectl.run(['patch', 'pod', name, '--subresource=status', '-p', '{"status":{"phase":"Failed"}}']);
    await eventually(async () => {
      const now = await freshPods();
      expect(now.map(({ metadata }) => metadata?.uid)).not.toContain(uid);
      expect(now.map((pod) => pod.spec?.nodeName)).toContain(victim?.spec?.nodeName);
    }, SLOW);
    await available();
    await eventually(
      async () =>
        expect(await kubectl.run('describe ds fresh')).toMatch(
          /FailedDaemonPod\s.*Found failed daemon pod default\/fresh-/,
        ),
      SLOW,
    );
  });
});

describe('a manifest that a pipeline applies with --server-side', () => {
  const BAD = { 'simulation.everynode.io/image-error': 'true' };
  const piped = (image: string, podAnnotations: Record<string, string> = {}) => {
    const labels = { app: 'piped' };
    const annotations = {
      'everynode.io/canary': '2',
      'everynode.io/progress-deadline-seconds': '4',
      'everynode.io/rollback-on-deadline': 'true',
    };
    const template = {
      metadata: { labels, annotations: podAnnotations },
      spec: { containers: [{ name: 'main', image }] },
    };
    const spec = {
      selector: { matchLabels: labels },
      template,
      updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
    };
    return JSON.stringify({ ...manifest, metadata: { name: 'piped', annotations }, spec });
  };
  const apply = (text: string) => kubectl.run('apply --server-side --field-manager pipeline -f -', text);
  const found = () => kubectl.json<DaemonSet>('get ds piped');
  const images = async () =>
    (await kubectl.json<{ items: Pod[] }>('get pods -l app=piped')).items
      .map(({ spec }) => spec?.containers[0]?.image)
      .sort();
  const conditions = async () => (await found()).status?.conditions?.map(({ type, reason }) => `${type} ${reason}`);

  it('is rolled back from its canaries without one left behind, held when it is applied again, and has no conflict', {
    timeout: 3 * SLOW,
  }, async () => {
    await apply(piped('piped:1'));
    await eventually(async () => {
      const { metadata, status } = await found();
      expect(status).toMatchObject({ updatedNumberScheduled: 6, numberAvailable: 6 });
      expect(metadata?.annotations).toHaveProperty(['everynode.io/last-good-revision']);
    }, SLOW);
    await apply(piped('piped:bad', BAD));
    await eventually(
      async () => expect((await found()).metadata?.annotations).toHaveProperty(['everynode.io/failed-revision']),
      SLOW,
    );
    const all = (image: string) => Array.from({ length: 6 }, () => image);
    await eventually(async () => expect(await images()).toEqual(all('piped:1')), SLOW);
    // The same manifest, by the same pipeline: no conflict, and nothing is rolled out.
    expect(await apply(piped('piped:bad', BAD))).toContain('daemonset.apps/piped serverside-applied');
    await eventually(async () => expect(await conditions()).toContain('Paused RevisionFailed'), SLOW);
    expect(await images()).toEqual(all('piped:1'));
    // A third revision goes to its canaries, and an undo takes it back from there.
    await apply(piped('piped:3'));
    const canaries = ['piped:1', 'piped:1', 'piped:1', 'piped:1', 'piped:3', 'piped:3'];
    await eventually(async () => {
      expect(await images()).toEqual(canaries);
      expect(await conditions()).toContain('Paused Canary');
    }, SLOW);
    const revision = (await kubectl.run('rollout history ds/piped'))
      .split('\n')
      .filter((line) => /^\d/.test(line))
      .at(-3);
    expect(await kubectl.run(`rollout undo ds/piped --to-revision=${parseInt(revision ?? '', 10)}`)).toContain(
      'rolled back',
    );
    await eventually(async () => expect(await images()).toEqual(all('piped:1')), SLOW);
  });
});

describe('kubectl apply --server-side', () => {
  const labelled = (value: string) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-00001', labels: { rack: value } } });

  it('takes over a set that was applied on the client side, and names the owner of a field', {
    timeout: SLOW,
  }, async () => {
    const { metadata, ...rest } = manifest;
    const lean = JSON.stringify({ ...rest, metadata: { ...metadata, annotations: {} } });
    await kubectl.run('apply -f -', lean);
    await kubectl.run('apply --server-side -f -', lean);
    const owners = await kubectl.run(
      'get ds agent --show-managed-fields -o jsonpath={.metadata.managedFields[*].manager}',
    );
    expect(owners.split(' ')).toEqual(expect.arrayContaining(['kubectl', 'kubectl-last-applied']));
    await kubectl.run('label node node-00001 rack=one');
    const refused = await kubectl.try('apply --server-side -f -', labelled('two'));
    // Its agent registered the node without a field owner. As upstream, none is recorded before the first apply.
    expect(refused.stderr).toContain('conflict with "before-first-apply" using v1: .metadata.labels.rack');
    await kubectl.run('apply --server-side --force-conflicts -f -', labelled('two'));
    expect(await kubectl.run('get node node-00001 -o jsonpath={.metadata.labels.rack}')).toBe('two');
  });
});
