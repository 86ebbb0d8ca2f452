import { MERGE_PATCH } from '../client/kube-client.js';
import { Latencies } from '../latencies.js';
import { SKIP_LABEL } from '../run/workload.js';
import { type ClientScenario, usualDeadlineMs } from './scenario.js';

export const relabel: ClientScenario = {
  name: 'relabel',
  about: "PATCH of one node's label, until its pod is gone; then back, until the next one is Ready",
  needs: 'any API server',
  isDefault: true,
  repeats: true,
  deadlineMs: usualDeadlineMs,
  async prepare({ workload, signal }) {
    await (await workload(1)).ensureReady(signal);
  },
  async run({ client, workload, nodes, relabels, signal }) {
    const one = await workload(1);
    const [gone, ready, both] = [new Latencies(), new Latencies(), new Latencies()];
    one.pods.begin();
    const flip = async (node: string, value: string | null, pods: number, into: Latencies): Promise<void> => {
      const began = performance.now();
      const labels = { [SKIP_LABEL]: value };
      await client.call('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels } }, { contentType: MERGE_PATCH });
      const reached = () => one.pods.count === pods && one.pods.ready === pods;
      await one.until(`${pods} pods after ${node} was relabelled`, reached, signal);
      const ms = performance.now() - began;
      into.add(ms);
      both.add(ms);
    };
    const flipped = nodes.slice(0, relabels);
    for (const node of flipped) {
      await flip(node, 'true', nodes.length - 1, gone);
      await flip(node, null, nodes.length, ready);
    }
    return {
      figures: [
        { name: 'p99', value: both.percentile(99), unit: 'ms' },
        { name: 'p50', value: both.percentile(50), unit: 'ms' },
      ],
      work: { count: 2 * flipped.length, of: 'relabel' },
      latencies: { 'pod gone': gone.summary(), 'pod Ready': ready.summary() },
    };
  },
};
