import { setTimeout as delay } from 'node:timers/promises';
import { concurrently } from '../client/concurrently.js';
import { type KubeClient, MERGE_PATCH } from '../client/kube-client.js';
import { Observation } from '../observe/observation.js';
import { Watcher } from '../observe/watcher.js';
import { NAMESPACE } from '../run/workload.js';
import type { Bench, ClientScenario } from './scenario.js';

const WATCHERS = 1000;
const EVENTS = 10_000;
const WRITES_AT_ONCE = 8;
const OBJECTS_IN_A_LANE = 3;
const OBJECTS = WRITES_AT_ONCE * OBJECTS_IN_A_LANE;
const OPENED_AT_ONCE = 50;
/**
 * The writers wait when the slowest watcher is this many events behind: the scenario measures delivery and not queues.
 */
const AHEAD = 500;

const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const LABEL = 'everynode.io/bench-watched';
const SELECTED = `labelSelector=${encodeURIComponent(LABEL)}`;
type WithVersion = { metadata: { resourceVersion: string } };
const nameOf = (index: number): string => `bench-watched-${index}`;

async function removeAll(client: KubeClient): Promise<void> {
  await client.call('DELETE', `${PATH}?${SELECTED}`);
}

async function deliver({ client, signal }: Bench) {
  const list = await client.call<{ metadata: { resourceVersion: string } }>('GET', `${PATH}?${SELECTED}`);
  const from = list.metadata.resourceVersion;
  const path = `${PATH}?watch=true&${SELECTED}`;
  const observation = new Observation();
  const watchers: Watcher[] = [];
  let opened = 0;
  // at[n]: number of watchers that have seen n events. It shows the slowest one without a scan of all.
  const at = new Uint32Array(EVENTS + 1);
  at[0] = WATCHERS;
  let slowest = 0;
  const onOpen = (): void => {
    opened += 1;
    observation.changed();
  };
  const onEvent = (count: number): void => {
    if (count > EVENTS) {
      observation.fail(new Error('a watcher saw an event twice'));
      return;
    }
    at[count - 1] = (at[count - 1] ?? 0) - 1;
    at[count] = (at[count] ?? 0) + 1;
    const before = slowest;
    while (slowest < EVENTS && at[slowest] === 0) slowest += 1;
    if (slowest !== before) observation.changed();
  };
  try {
    for (let wanted = OPENED_AT_ONCE; wanted <= WATCHERS; wanted += OPENED_AT_ONCE) {
      while (watchers.length < wanted) {
        watchers.push(new Watcher({ client, path, from, observation, onOpen, onEvent }));
      }
      await observation.until(
        () => `${opened} of ${wanted} watches to open`,
        () => opened >= wanted,
        signal,
      );
    }
    const began = performance.now();
    const written: string[] = [];
    let started = 0;
    // Each lane has its own objects, so that no two writes conflict.
    const lanes = Array.from({ length: WRITES_AT_ONCE }, (_, lane) => lane);
    await concurrently(lanes, WRITES_AT_ONCE, async (lane) => {
      while (started < EVENTS) {
        const index = started;
        started += 1;
        while (index - slowest > AHEAD) {
          if (observation.failure) throw observation.failure;
          await delay(2, undefined, { signal });
        }
        const object = nameOf(lane * OBJECTS_IN_A_LANE + (index % OBJECTS_IN_A_LANE));
        const patch = { data: { count: String(index) } };
        const answer = await client.call<WithVersion>('PATCH', `${PATH}/${object}`, patch, {
          contentType: MERGE_PATCH,
        });
        written.push(answer.metadata.resourceVersion);
      }
    });
    await observation.until(
      () => `the slowest watcher, which has ${slowest} events`,
      () => slowest === EVENTS,
      signal,
    );
    const ms = performance.now() - began;
    const expected = written
      .map(BigInt)
      .sort((a, b) => (a < b ? -1 : 1))
      .map(String);
    const wrong = watchers.filter(({ seen }) => seen.some((version, i) => version !== expected[i])).length;
    if (wrong > 0) throw new Error(`${wrong} of ${WATCHERS} watchers saw events out of order, twice, or not at all`);
    const bytes = watchers.reduce((sum, watcher) => sum + watcher.bytes, 0);
    return { ms, bytes, resumed: watchers.reduce((sum, watcher) => sum + watcher.resumed, 0) };
  } finally {
    for (const watcher of watchers) watcher.close();
  }
}

export const watchers: ClientScenario = {
  name: 'watchers',
  about:
    '1,000 watchers and 10,000 events, until each has seen all of them, in order and once; anything else is a failure',
  needs: 'any API server',
  isDefault: false,
  repeats: false,
  deadlineMs: () => 600_000,
  async prepare({ client }) {
    await removeAll(client);
    const objects = Array.from({ length: OBJECTS }, (_, index) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: nameOf(index), labels: { [LABEL]: '' } },
      data: { count: '' },
    }));
    await concurrently(objects, WRITES_AT_ONCE, (object) => client.call('POST', PATH, object));
  },
  async run(bench) {
    const { ms, bytes, resumed } = await deliver(bench);
    await removeAll(bench.client);
    const deliveries = WATCHERS * EVENTS;
    return {
      figures: [
        { name: 'time', value: ms, unit: 'ms' },
        { name: 'deliveries', value: (deliveries * 1000) / ms, unit: 'events/s' },
        { name: 'sent', value: bytes / 2 ** 20, unit: 'MiB' },
        { name: 'events lost, twice or out of order', value: 0, unit: 'count' },
        { name: 'watches that had to be resumed', value: resumed, unit: 'count' },
      ],
      work: { count: deliveries, of: 'delivery' },
    };
  },
};
