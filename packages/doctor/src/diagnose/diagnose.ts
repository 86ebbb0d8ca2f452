import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';
import { apiFindings } from './api.js';
import { natsFindings } from './nats.js';
import { postgresFindings } from './postgres.js';
import { processFindings } from './processes.js';
import { supervisorFindings } from './supervisor.js';

/**
 * What is wrong with a cluster, causes before what follows from them. Empty when it is healthy. Pure.
 */
export function diagnose(seen: Observations): Finding[] {
  const findings = [
    ...supervisorFindings(seen),
    ...postgresFindings(seen),
    ...natsFindings(seen),
    ...processFindings(seen),
    ...apiFindings(seen),
  ];
  const rank = { failure: 0, warning: 1 };
  return findings.sort((a, b) => rank[a.severity] - rank[b.severity]);
}
