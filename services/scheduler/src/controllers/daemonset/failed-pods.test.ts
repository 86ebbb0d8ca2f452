import type { Pod } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

/** After the first failed pod on a node the next one is left alone for this long. */
const FIRST_BACKOFF_MS = 1000;

let running: RunningControllers;

beforeAll(async () => {
  running = await runControllers(['daemonset']);
  await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a' }, spec: {}, status: {} });
  await running.create('daemonsets.apps', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'fails', namespace: 'default', generation: 1 },
    spec: {
      selector: { matchLabels: { app: 'fails' } },
      template: { metadata: { labels: { app: 'fails' } }, spec: { containers: [{ name: 'c', image: 'one' }] } },
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 10,
    },
  });
});

afterAll(() => running.stop());

const podsOnNode = (): Pod[] =>
  [...running.context.reflector.cache('pods').find('byNode', 'a')]
    .map(({ object }) => object)
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined);

/** Lets the pod that runs after `before` fail, as its agent would report, and returns its name. */
async function fail(before?: string): Promise<string> {
  const name = await eventually(() => {
    const [pod] = podsOnNode();
    expect(pod).toBeDefined();
    expect(pod?.metadata?.name).not.toBe(before);
    return pod?.metadata?.name ?? '';
  });
  await running.change('pods', 'default', name, (object) => {
    object.status = { phase: 'Failed' };
  });
  return name;
}

/** When the controller found the failed pod and set out to delete it, ms since the epoch. */
const foundAt = (pod: string) =>
  eventually(() => {
    const event = running.events.find(({ reason, message }) => reason === 'FailedDaemonPod' && message.includes(pod));
    expect(event).toBeDefined();
    return event?.atMs ?? 0;
  });

describe('a daemon pod that failed', () => {
  it('is replaced at once, and the next one on the node only after a while', async () => {
    const first = await fail();
    const firstAt = await foundAt(first);
    const second = await fail(first);
    const secondAt = await foundAt(second);
    // The wait counts from the beginning of the pass; the event is a moment later.
    expect(secondAt - firstAt).toBeGreaterThan(0.9 * FIRST_BACKOFF_MS);
    await eventually(() => expect(podsOnNode().map(({ metadata }) => metadata?.name)).not.toContain(second));
  });
});
