import type { Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../fixtures/running-controllers.js';

const NODES = 20;
const SETS = 6;

const running: RunningControllers[] = [];
afterEach(async () => {
  for (const scheduler of running.splice(0).reverse()) await scheduler.stop();
});

async function start(replica: string): Promise<RunningControllers> {
  const [beside] = running;
  const scheduler = await runControllers(['daemonset'], { replica, ...(beside && { beside }) });
  running.push(scheduler);
  return scheduler;
}

const daemonSet = (name: string) => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name, namespace: 'default', generation: 1 },
  spec: {
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
    updateStrategy: { type: 'OnDelete' },
    revisionHistoryLimit: 10,
  },
});

const createNodes = ({ create }: RunningControllers) =>
  Promise.all(
    Array.from({ length: NODES }, (_, i) =>
      create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: `node-${i}` }, spec: {}, status: {} }),
    ),
  );

/** How many pods each DaemonSet has on each node, as stored: `NODES` lists of ones are right. */
async function podsPerNode({ context: { store } }: RunningControllers): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  await store.readSnapshot(['pods'], (page) => {
    for (const { metadata, placement } of page) {
      const { ownerReferences } = JSON.parse(metadata) as NonNullable<Pod['metadata']>;
      const key = `${ownerReferences?.[0]?.name} on ${placement}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  });
  return counts;
}

async function expectOnePodEach(scheduler: RunningControllers, sets: string[]): Promise<void> {
  const counts = await podsPerNode(scheduler);
  const wanted = sets.flatMap((set) => Array.from({ length: NODES }, (_, i) => `${set} on node-${i}`));
  expect(Object.fromEntries([...counts].filter(([, count]) => count !== 1))).toEqual({});
  expect([...counts.keys()].sort()).toEqual(wanted.sort());
}

const names = (prefix: string) => Array.from({ length: SETS }, (_, i) => `${prefix}-${i}`);

describe('two schedulers', () => {
  it('with the name of one replica create one pod a node', async () => {
    const [first, second] = [await start('scheduler-1'), await start('scheduler-1')];
    await createNodes(first);
    await Promise.all(names('set').map((name) => first.create('daemonsets.apps', daemonSet(name))));
    await eventually(async () => expect((await podsPerNode(first)).size).toBe(SETS * NODES));
    await Promise.all([first.settled(), second.settled()]);
    await expectOnePodEach(first, names('set'));
  });

  it('create one pod a node when the one takes over while the bus hangs, with caches that are behind', async () => {
    const [first, second] = [await start('scheduler-1'), await start('scheduler-2')];
    await createNodes(first);
    await Promise.all([first.settled(), second.settled()]);
    const isFirsts = (name: string) => first.context.shards.isMine(`default/${name}`);
    const sets = await eventually(() => {
      const held = Array.from({ length: 32 }, (_, i) => `set-${i}`).filter(isFirsts);
      expect(held.length).toBeLessThan(32);
      return held.slice(0, SETS);
    });
    process.kill(first.nats.pid, 'SIGSTOP');
    try {
      // The second knows what it wrote itself. What the first writes then, it cannot know without asking.
      await Promise.all(sets.map((name) => second.create('daemonsets.apps', daemonSet(name))));
      await first.context.reflector.catchUp();
      await eventually(async () => expect((await podsPerNode(first)).size).toBe(SETS * NODES));
      first.leave();
      await eventually(() => {
        for (const name of sets) expect(second.context.shards.isMine(`default/${name}`)).toBe(true);
      });
    } finally {
      process.kill(first.nats.pid, 'SIGCONT');
    }
    await second.settled();
    await expectOnePodEach(second, sets);
  });
});
