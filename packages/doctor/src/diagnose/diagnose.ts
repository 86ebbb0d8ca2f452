import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';
import { apiFindings } from './api.js';
import { natsFindings } from './nats.js';
import { podFindings } from './pods.js';
import { postgresFindings } from './postgres.js';
import { processFindings } from './processes.js';
import { supervisorFindings } from './supervisor.js';

/**
 * What is wrong with a cluster, causes before what follows from them. Empty when it is healthy. Pure.
 */
export function diagnose(seen: Observations): Finding[] {
  const findings = [
    ...blindness(seen),
    ...supervisorFindings(seen),
    ...postgresFindings(seen),
    ...natsFindings(seen),
    ...processFindings(seen),
    ...apiFindings(seen),
    ...podFindings(seen),
  ];
  const rank = { failure: 0, warning: 1 };
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
}

/** Nothing was looked at: that is no health. */
function blindness({ api, nats, postgres, processes, supervisor }: Observations): Finding[] {
  const asked = [api, nats, postgres, supervisor].some(({ kind }) => kind !== 'not asked') || processes.length > 0;
  if (asked) return [];
  return [
    {
      severity: 'failure',
      subject: 'doctor',
      problem: 'has looked at nothing: there is no cluster here and no address was named',
      since: null,
      consequence: 'It is not known whether anything works.',
      advice: 'Run it in the checkout of the cluster, or with --kubeconfig, DATABASE_URL or NATS_URL.',
    },
  ];
}
