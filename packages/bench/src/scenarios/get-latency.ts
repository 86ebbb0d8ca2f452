import { setTimeout as delay } from 'node:timers/promises';
import { paceRequests } from '../client/paced-requests.js';
import { type Bench, type ClientScenario, usualDeadlineMs } from './scenario.js';

const PER_SECOND = 1000;
/** The warm-up runs at the full rate: it opens the connections, and V8 compiles the hot code. */
const WARM_UP_MS = 5000;
const MEASURED_MS = 10_000;

const getIn =
  ({ client, nodes }: Bench) =>
  (index: number) =>
    client.timed('GET', `/api/v1/nodes/${nodes[index % nodes.length]}`);

export const getLatency: ClientScenario = {
  name: 'get-latency',
  about: 'GET of one object (nodes in turn) at 1,000 requests a second for 10 s, from the moment each was due',
  needs: 'any API server',
  isDefault: true,
  repeats: false,
  deadlineMs: usualDeadlineMs,
  async prepare(bench) {
    const warmUp = paceRequests(PER_SECOND, bench.signal, getIn(bench));
    await delay(WARM_UP_MS, undefined, { signal: bench.signal });
    await warmUp();
  },
  async run(bench) {
    const { signal } = bench;
    const requests = paceRequests(PER_SECOND, signal, getIn(bench));
    await delay(MEASURED_MS, undefined, { signal }).catch(() => undefined);
    const latencies = await requests();
    signal.throwIfAborted();
    return {
      figures: [
        { name: 'p99', value: latencies.percentile(99), unit: 'ms' },
        { name: 'p50', value: latencies.percentile(50), unit: 'ms' },
        { name: 'p99.9', value: latencies.percentile(99.9), unit: 'ms' },
        { name: 'throughput', value: (latencies.count * 1000) / MEASURED_MS, unit: 'requests/s' },
      ],
      work: { count: latencies.count, of: 'request' },
      latencies: { GET: latencies.summary() },
    };
  },
};
