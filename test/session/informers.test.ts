import process from 'node:process';
import { eventually } from '@everynode/test-kit';
import { CoreV1Api, KubeConfig, makeInformer, type V1ConfigMap, Watch } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStack, type TestStack } from './stack.js';

/** Kubernetes' own JavaScript client against two api replicas, one of which is killed. */
const SLOW = 60_000;
const NAMESPACE = 'default';
const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const UPDATES = 400;
const KILL_AT = 150;

let stack: TestStack;
let config: KubeConfig;
let api: CoreV1Api;

beforeAll(async () => {
  stack = await startStack(['--fresh', '--nodes', '1', '--agents', '1']);
  config = new KubeConfig();
  config.loadFromFile(stack.kubectl.kubeconfig);
  api = config.makeApiClient(CoreV1Api);
}, 180_000);

afterAll(async () => {
  await stack.stop();
}, 60_000);

interface Status {
  services: { name: string; state: string; pid: number; restarts: number }[];
}
const apis = async () =>
  (JSON.parse(await stack.everynode('status', '--json')) as Status).services.filter(({ name }) =>
    name.startsWith('api-'),
  );

const numbered = (name: string, n: number): V1ConfigMap => ({ metadata: { name }, data: { n: String(n) } });

/** Writes while a replica is killed: a request whose connection broke is sent again. */
async function write(name: string, n: number): Promise<void> {
  await eventually(async () => {
    await api.replaceNamespacedConfigMap({ namespace: NAMESPACE, name, body: numbered(name, n) });
  }, SLOW);
}

/** Kills each replica once the one before is back. */
async function killOneOf(which: number): Promise<void> {
  const victim = (await apis())[which];
  if (!victim) throw new Error('there is no such replica');
  process.kill(victim.pid, 'SIGKILL');
  await eventually(async () => {
    const now = (await apis())[which];
    expect([now?.state, (now?.restarts ?? 0) > victim.restarts]).toEqual(['ready', true]);
  }, SLOW);
}

describe('a watch that is resumed', () => {
  it('sees every change once and in order, though both replicas are killed in turn', {
    timeout: 2 * SLOW,
  }, async () => {
    const { metadata } = await api.createNamespacedConfigMap({ namespace: NAMESPACE, body: numbered('watched', 0) });
    const seen: number[] = [];
    const versions: number[] = [];
    let resourceVersion = metadata?.resourceVersion ?? '';
    let stopped = false;
    let resumed = 0;
    const watch = new Watch(config);
    let current: AbortController | undefined;
    const follow = async (): Promise<void> => {
      while (!stopped) {
        await new Promise<void>((resolve) => {
          const onEvent = (_type: string, { data, metadata: meta }: V1ConfigMap): void => {
            resourceVersion = meta?.resourceVersion ?? '';
            versions.push(Number(resourceVersion));
            seen.push(Number(data?.n));
          };
          const query = { resourceVersion, fieldSelector: 'metadata.name=watched' };
          watch
            .watch(PATH, query, onEvent, () => resolve())
            .then(
              (controller) => {
                current = controller;
              },
              () => resolve(),
            );
        });
        resumed += 1;
      }
    };
    const following = follow();
    const kills: Promise<void>[] = [];
    for (let n = 1; n <= UPDATES; n += 1) {
      await write('watched', n);
      if (n === KILL_AT) kills.push(killOneOf(0).then(() => killOneOf(1)));
    }
    await Promise.all(kills);
    await write('watched', UPDATES + 1);
    await eventually(() => expect(seen.at(-1)).toBe(UPDATES + 1), SLOW);
    stopped = true;
    current?.abort();
    await following;
    expect(resumed).toBeGreaterThan(1);
    // A request without an answer may have been carried out; sent again, it changes nothing.
    expect(seen).toEqual(Array.from({ length: UPDATES + 1 }, (_, at) => at + 1));
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });
});

describe('an informer', () => {
  it('comes to hold what is stored, through the death of the replica that serves it', {
    timeout: 2 * SLOW,
  }, async () => {
    const labelSelector = 'informed=yes';
    const list = () => api.listNamespacedConfigMap({ namespace: NAMESPACE, labelSelector });
    const informer = makeInformer<V1ConfigMap>(config, PATH, list, labelSelector);
    const cache = new Map<string, string>();
    const keep = ({ metadata, data }: V1ConfigMap): void => void cache.set(metadata?.name ?? '', data?.n ?? '');
    informer.on('add', keep);
    informer.on('update', keep);
    informer.on('delete', ({ metadata }) => void cache.delete(metadata?.name ?? ''));
    // By its documentation, the user of an informer starts it again after an error.
    let restart: NodeJS.Timeout | undefined;
    informer.on('error', () => {
      restart = setTimeout(() => void informer.start(), 100);
    });
    await informer.start();
    const labelled = (name: string, n: number) => ({
      ...numbered(name, n),
      metadata: { name, labels: { informed: 'yes' } },
    });
    const killing: Promise<void>[] = [];
    for (let n = 0; n < 60; n += 1) {
      const name = `informed-${n}`;
      await eventually(async () => {
        const { items } = await list();
        if (items.some(({ metadata }) => metadata?.name === name)) return;
        await api.createNamespacedConfigMap({ namespace: NAMESPACE, body: labelled(name, n) });
      }, SLOW);
      if (n === 20) killing.push(killOneOf(0));
      if (n === 40) killing.push(killing[0]?.then(() => killOneOf(1)) ?? Promise.resolve());
    }
    await Promise.all(killing);
    for (let n = 0; n < 60; n += 3)
      await api.deleteNamespacedConfigMap({ namespace: NAMESPACE, name: `informed-${n}` });
    await eventually(async () => {
      const stored = (await list()).items.map(({ metadata, data }) => [metadata?.name, data?.n]);
      expect(stored).toHaveLength(40);
      expect(Object.fromEntries(cache)).toEqual(Object.fromEntries(stored));
    }, SLOW);
    clearTimeout(restart);
    await informer.stop();
  });
});
