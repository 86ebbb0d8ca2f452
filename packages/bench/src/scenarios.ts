import type { KubeClient } from './kube-client.js';
import { ObservedDaemonSet, type Sample } from './observed-daemonset.js';

export const SCENARIOS = ['apply-ready', 'rolling-update', 'relabel', 'delete'] as const;
export type Scenario = (typeof SCENARIOS)[number];

/** What was measured of one scenario. Times in ms. */
export interface Measurement {
  scenario: Scenario;
  nodes: number;
  /** Until the state was reached; for `relabel` the 99th percentile. */
  ms: number;
  /** Pod events that the watch delivered meanwhile. */
  events: number;
  curve: Sample[];
  /** Times of the single steps, where there are several: each is ms from the request to the event. */
  steps?: { gone: number[]; ready: number[] };
}

const NAMESPACE = 'default';
const NAME = 'bench';
const LABEL = 'everynode.io/bench-skip';
const PATH = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`;
const MERGE = 'application/merge-patch+json';
const DEADLINE_MS = 300_000;

/** One DaemonSet on every node that does not say otherwise; pods without requests, rolled 10% at a time. */
function manifest(image: string): object {
  const affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: LABEL, operator: 'DoesNotExist' }] }],
      },
    },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: NAME, namespace: NAMESPACE },
    spec: {
      selector: { matchLabels: { app: NAME } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: {
        metadata: { labels: { app: NAME } },
        spec: {
          affinity,
          tolerations: [{ operator: 'Exists' }],
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image }],
        },
      },
    },
  };
}

export interface RunOptions {
  client: KubeClient;
  nodes: string[];
  scenarios: readonly Scenario[];
  /** Nodes whose label is flipped, one after the other. */
  relabels: number;
  /** Around each scenario, for what only the machine knows. */
  around: (scenario: Scenario, run: () => Promise<Measurement>) => Promise<Measurement>;
}

/**
 * Runs the scenarios in their order on one DaemonSet of its own, which is gone afterwards. Everything is read off watches, so
 * that any Kubernetes API server can be measured.
 */
export async function runScenarios({ client, nodes, scenarios, relabels, around }: RunOptions): Promise<Measurement[]> {
  await client.call('DELETE', `${PATH}/${NAME}`, undefined, undefined, [404]);
  const observed = new ObservedDaemonSet(client, NAMESPACE, NAME);
  const count = nodes.length;
  const measured = (scenario: Scenario, ms: number, more: object = {}): Measurement => ({
    scenario,
    nodes: count,
    ms,
    events: observed.events,
    curve: observed.curve(),
    ...more,
  });
  const steps: Record<Scenario, () => Promise<Measurement>> = {
    'apply-ready': async () => {
      await observed.until('no pods of an earlier run', () => observed.pods === 0, DEADLINE_MS);
      observed.begin();
      await client.call('POST', PATH, manifest('bench:1'));
      return measured('apply-ready', await observed.until('all Ready', () => observed.ready === count, DEADLINE_MS));
    },
    'rolling-update': async () => {
      const { generation } = observed;
      observed.begin();
      const patch = {
        spec: { template: { spec: { containers: [{ name: 'main', image: `bench:${generation + 1}` }] } } },
      };
      await client.call('PATCH', `${PATH}/${NAME}`, patch, MERGE);
      const done = () => observed.generation > generation && observed.rolledOut;
      return measured('rolling-update', await observed.until('rolled out', done, DEADLINE_MS));
    },
    relabel: async () => {
      observed.begin();
      const gone: number[] = [];
      const ready: number[] = [];
      const flip = async (node: string, value: string | null, pods: number): Promise<number> => {
        const began = performance.now();
        await client.call('PATCH', `/api/v1/nodes/${node}`, { metadata: { labels: { [LABEL]: value } } }, MERGE);
        await observed.until(
          `relabelled ${node}`,
          () => observed.pods === pods && observed.ready === pods,
          DEADLINE_MS,
        );
        return performance.now() - began;
      };
      for (const node of nodes.slice(0, relabels)) {
        gone.push(await flip(node, 'true', count - 1));
        ready.push(await flip(node, null, count));
      }
      return measured('relabel', percentile([...gone, ...ready], 99), { steps: { gone, ready } });
    },
    delete: async () => {
      observed.begin();
      await client.call('DELETE', `${PATH}/${NAME}`);
      return measured('delete', await observed.until('no pods', () => observed.pods === 0, DEADLINE_MS));
    },
  };
  try {
    const measurements: Measurement[] = [];
    for (const scenario of scenarios) measurements.push(await around(scenario, steps[scenario]));
    return measurements;
  } finally {
    await client.call('DELETE', `${PATH}/${NAME}`, undefined, undefined, [404]);
    observed.close();
  }
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 50);
