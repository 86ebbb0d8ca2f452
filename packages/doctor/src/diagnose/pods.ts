import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';

/** An agent accepts and ends pods within seconds, also after an outage. */
const LONG_SECONDS = 60;

const KINDS = [
  {
    metric: 'everynode_pods_unaccepted_seconds',
    problem: 'at least one has a node, and no agent has accepted it',
    consequence: 'It stays Pending, and its DaemonSet waits for it.',
    advice: 'kubectl get pods -A --field-selector status.phase=Pending -o wide; look at the agent of its node.',
  },
  {
    metric: 'everynode_pods_terminating_seconds',
    problem: 'at least one is Terminating, and its grace period is over',
    consequence: 'It stays, and a DaemonSet creates no other pod on its node.',
    advice: 'kubectl get pods -A -o wide | grep Terminating; look at its finalizers, and at the agent of its node.',
  },
];

/** Pods that wait for an agent for long, as schedulers see them. */
export function podFindings({ at, processes }: Observations): Finding[] {
  return KINDS.flatMap(({ metric, ...words }) => {
    const seconds = Math.max(
      0,
      ...processes.map(({ health }) => (health.kind === 'answers' ? (health.metrics[metric] ?? 0) : 0)),
    );
    if (seconds < LONG_SECONDS) return [];
    const since = new Date(at - seconds * 1000).toISOString();
    return [{ severity: 'failure', subject: 'pods', since, ...words } as const];
  });
}
