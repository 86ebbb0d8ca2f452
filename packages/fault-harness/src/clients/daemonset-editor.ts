import type { SeededRandom } from '../run/random.js';
import { type RunningClient, repeat } from './client.js';
import { NAMESPACE } from './recorded-calls.js';
import type { RecordedEdits } from './recorded-edits.js';
import { FLIPPED } from './watch-client.js';

/** The DaemonSets of a run: one that takes pods down, one that surges, one for the nodes whose label is flipped. */
export const DAEMON_SETS = [
  { name: 'rolling', strategy: { maxUnavailable: 5, maxSurge: 0 }, nodeSelector: {} },
  { name: 'surging', strategy: { maxUnavailable: 0, maxSurge: '10%' }, nodeSelector: {} },
  { name: 'flipping', strategy: { maxUnavailable: '10%', maxSurge: 0 }, nodeSelector: { [FLIPPED]: 'on' } },
] as const;

export function daemonSetObject({ name, strategy, nodeSelector }: (typeof DAEMON_SETS)[number]): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: { app: name } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: strategy },
      template: {
        metadata: { labels: { app: name } },
        spec: { nodeSelector, terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: `${name}:1` }] },
      },
    },
  };
}

const imageOf = (name: string, tag: string): object => ({
  spec: { template: { spec: { containers: [{ name: 'main', image: `${name}:${tag}` }] } } },
});

/** Changes the template of every DaemonSet at once. */
export async function editAll(edits: RecordedEdits, tag: string): Promise<void> {
  await Promise.all(DAEMON_SETS.map(({ name }) => edits.edit('daemonsets.apps', name, imageOf(name, tag))));
}

/** Changes whatever stands still: while `mayEdit` returns false, nothing is edited, so that the cluster can settle. */
export function daemonSetEditor(edits: RecordedEdits, random: SeededRandom, mayEdit: () => boolean): RunningClient {
  let image = 1;
  return repeat(
    async () => {
      if (!mayEdit()) return;
      const { name } = random.pick(DAEMON_SETS);
      image += 1;
      await edits.edit('daemonsets.apps', name, imageOf(name, String(image)));
    },
    () => (mayEdit() ? random.between(1500, 4000) : 100),
  );
}

/** Flips the label of nodes, so that they become eligible, and are no longer. */
export function labelFlipper(
  edits: RecordedEdits,
  nodes: readonly string[],
  random: SeededRandom,
  mayEdit: () => boolean,
): RunningClient {
  return repeat(
    async () => {
      if (!mayEdit()) return;
      const labels = { [FLIPPED]: random.chance(0.6) ? 'on' : 'off' };
      await edits.edit('nodes', random.pick(nodes), { metadata: { labels } });
    },
    () => (mayEdit() ? random.between(300, 900) : 100),
  );
}
