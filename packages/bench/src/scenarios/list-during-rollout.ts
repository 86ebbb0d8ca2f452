import { TABLE } from '../client/kube-client.js';
import { paceRequests } from '../client/paced-requests.js';
import { timeKubectl } from '../client/time-kubectl.js';
import { Latencies } from '../latencies.js';
import { type ClientScenario, type Figure, usualDeadlineMs } from './scenario.js';

const DAEMONSETS = 3;
/** Rate of other clients' GETs meanwhile. */
const GETS_PER_SECOND = 50;
const ALL_PODS = ['get', 'pods', '--all-namespaces'];

export const listDuringRollout: ClientScenario = {
  name: 'list-during-rollout',
  about:
    'a client lists all pods (three on every node) as Table, again and again, while a rollout of all runs; kubectl, too',
  needs: 'any API server',
  isDefault: false,
  repeats: false,
  deadlineMs: (nodes) => 120_000 + 8 * usualDeadlineMs(nodes),
  async prepare({ workload, signal }) {
    await (await workload(DAEMONSETS)).ensureReady(signal);
  },
  async run({ client, nodes, workload, signal, say }) {
    const three = await workload(DAEMONSETS);
    const kubectl = () => timeKubectl(client.kubeconfig, ALL_PODS, signal);
    const atRest = await kubectl();
    if (!atRest) say('  there is no kubectl, whose times are left out');
    const [firstBytes, totals] = [new Latencies(), new Latencies()];
    const { generation } = three.sets;
    let rolling = true;
    three.pods.begin();
    const gets = paceRequests(GETS_PER_SECOND, signal, (index) =>
      client.timed('GET', `/api/v1/nodes/${nodes[index % nodes.length]}`),
    );
    const listing = (async () => {
      while (rolling) {
        const { firstByteMs, totalMs } = await client.timed('GET', '/api/v1/pods', undefined, { accept: TABLE });
        firstBytes.add(firstByteMs);
        totals.add(totalMs);
      }
    })();
    // Awaited below. A failure before that must not end the process.
    listing.catch(() => undefined);
    let during: Awaited<ReturnType<typeof kubectl>>;
    let rolloutMs: number;
    try {
      await three.update();
      during = await kubectl();
      await three.untilRolledOut(generation, signal);
      rolloutMs = three.pods.elapsedMs;
    } finally {
      rolling = false;
    }
    await listing;
    const others = await gets();
    const ofKubectl = (when: string, times: typeof atRest): Figure[] =>
      times
        ? [
            { name: `kubectl get pods -A${when}: first byte`, value: times.firstByteMs, unit: 'ms' },
            { name: `kubectl get pods -A${when}: all`, value: times.totalMs, unit: 'ms' },
          ]
        : [];
    return {
      figures: [
        { name: 'Table of all pods: first byte, p50', value: firstBytes.percentile(50), unit: 'ms' },
        { name: 'Table of all pods: whole, p50', value: totals.percentile(50), unit: 'ms' },
        { name: 'Table of all pods: whole, slowest', value: totals.percentile(100), unit: 'ms' },
        { name: 'lists', value: totals.count, unit: 'count' },
        { name: 'GET of others, p99', value: others.percentile(99), unit: 'ms' },
        { name: 'rollout meanwhile', value: rolloutMs, unit: 'ms' },
        ...ofKubectl('', atRest),
        ...ofKubectl(' in the rollout', during),
      ],
      work: { count: three.wanted, of: 'pod' },
      curve: three.pods.curve(),
      latencies: { 'list: first byte': firstBytes.summary(), 'list: whole': totals.summary(), GET: others.summary() },
    };
  },
};
