/** The highest value that a figure should have. */
interface Target {
  scenario: string;
  figure: string;
  /** Where it holds; everywhere when it is left out. */
  nodes?: number;
  atMost: number;
}

/** On two cores with everything on them. Sources: the design's scale table; issue 5. */
const TARGETS: readonly Target[] = [
  { scenario: 'apply-ready', figure: 'time', nodes: 1000, atMost: 1000 },
  { scenario: 'apply-ready', figure: 'time', nodes: 10_000, atMost: 6000 },
  { scenario: 'rolling-update', figure: 'time', nodes: 1000, atMost: 1500 },
  { scenario: 'rolling-update', figure: 'time', nodes: 10_000, atMost: 12_000 },
  { scenario: 'delete', figure: 'time', nodes: 1000, atMost: 500 },
  { scenario: 'delete', figure: 'time', nodes: 10_000, atMost: 4000 },
  { scenario: 'relabel', figure: 'p99', atMost: 50 },
  { scenario: 'quiet-fleet', figure: 'CPU', nodes: 10_000, atMost: 10 },
  { scenario: 'api-memory', figure: 'largest api', nodes: 10_000, atMost: 500 },
  { scenario: 'api-memory', figure: 'largest api, all pods listed', nodes: 10_000, atMost: 500 },
  { scenario: 'get-latency', figure: 'p99', atMost: 10 },
  { scenario: 'authorise', figure: 'mean', atMost: 20 },
  { scenario: 'failover', figure: 'resumed', atMost: 5000 },
  { scenario: 'list-during-rollout', figure: 'kubectl get pods -A: first byte', nodes: 10_000, atMost: 1000 },
];

/** At most this many times the floor. */
export const FLOOR_FACTOR = 3;
/** CPU for each node at 10,000 nodes, divided by that at 1,000. */
export const GROWTH_FACTOR = 1.3;

export function targetOf(scenario: string, figure: string, nodes: number): number | undefined {
  const fits = (target: Target): boolean =>
    target.scenario === scenario && target.figure === figure && (target.nodes ?? nodes) === nodes;
  return TARGETS.find(fits)?.atMost;
}

/**
 * The mark to beat, in ms at 1,000 nodes: upstream 1.36 (etcd, kube-apiserver, kube-controller-manager, kube-scheduler,
 * KWOK as the nodes) on two cores, with every client limit lifted, and with stock limits. Source: issue 5.
 */
const UPSTREAM: Readonly<Record<string, { liftedMs: number; stockMs: number }>> = {
  'apply-ready': { liftedMs: 12_400, stockMs: 50_000 },
  'rolling-update': { liftedMs: 18_800, stockMs: 101_000 },
  delete: { liftedMs: 5700, stockMs: 49_000 },
};

export function upstreamOf(
  scenario: string,
  figure: string,
  nodes: number,
): { liftedMs: number; stockMs: number } | undefined {
  return figure === 'time' && nodes === 1000 ? UPSTREAM[scenario] : undefined;
}
