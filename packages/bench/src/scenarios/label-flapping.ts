import { concurrently } from '../client/concurrently.js';
import { MERGE_PATCH } from '../client/kube-client.js';
import { Latencies, timedInto } from '../latencies.js';
import { NAMESPACE, SKIP_LABEL } from '../run/workload.js';
import { type Bench, type ClientScenario, usualDeadlineMs } from './scenario.js';

/** The label of each node is set and removed this often. */
const FLAPS = 5;
const PATCHES_AT_ONCE = 32;
const MOST_NODES = 1000;

/** Exactly one pod on each node. */
async function checkPlacement({ client, nodes }: Bench, selector: string): Promise<void> {
  const query = `labelSelector=${encodeURIComponent(selector)}`;
  const { items } = await client.call<{ items: { spec: { nodeName: string } }[] }>(
    'GET',
    `/api/v1/namespaces/${NAMESPACE}/pods?${query}`,
  );
  const places = new Set(items.map(({ spec }) => spec.nodeName));
  if (items.length !== nodes.length || places.size !== nodes.length) {
    throw new Error(`${items.length} pods on ${places.size} of ${nodes.length} nodes after the labels came to rest`);
  }
}

export const labelFlapping: ClientScenario = {
  name: 'label-flapping',
  about: `a label that keeps pods away comes and goes on every node (${MOST_NODES} at most), five times, until each has its one Ready pod again`,
  needs: 'any API server',
  isDefault: false,
  repeats: false,
  mostNodes: MOST_NODES,
  deadlineMs: (nodes) => 60_000 + 5 * usualDeadlineMs(nodes),
  async prepare({ workload, signal }) {
    await (await workload(1)).ensureReady(signal);
  },
  async run(bench) {
    const { client, nodes, workload, signal } = bench;
    const one = await workload(1);
    const patches = new Latencies();
    one.pods.begin();
    const setLabel = (node: string, value: string | null) => {
      const body = { metadata: { labels: { [SKIP_LABEL]: value } } };
      const patch = () => client.call('PATCH', `/api/v1/nodes/${node}`, body, { contentType: MERGE_PATCH });
      return timedInto(patches, patch);
    };
    for (let flap = 0; flap < FLAPS; flap += 1) {
      for (const value of ['true', null]) {
        await concurrently(nodes, PATCHES_AT_ONCE, (node) => {
          signal.throwIfAborted();
          return setLabel(node, value);
        });
      }
    }
    const flappedMs = one.pods.elapsedMs;
    const { sets, names } = one;
    await one.until('one pod a node', () => one.allReady && sets.rolledOut === names.length, signal);
    const settledMs = one.pods.elapsedMs;
    const { created } = one.pods;
    await checkPlacement(bench, one.selector);
    return {
      figures: [
        { name: 'settled after the last flap', value: settledMs - flappedMs, unit: 'ms' },
        { name: 'flaps', value: flappedMs, unit: 'ms' },
        { name: 'PATCH p99', value: patches.percentile(99), unit: 'ms' },
        { name: 'pods made', value: created, unit: 'count' },
      ],
      work: { count: 2 * FLAPS * nodes.length, of: 'flip' },
      curve: one.pods.curve(),
      latencies: { PATCH: patches.summary() },
    };
  },
};
