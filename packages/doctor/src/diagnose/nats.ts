import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';
import { earliest, failingSince, restartWarning } from './since.js';

const CONSEQUENCE =
  'The api serves reads and writes. Agents get no commands and report nothing: rollouts stand, running pods go on.';

/** Fewer reports than this are work in progress. */
const MANY_REPORTS = 100;

export function natsFindings(seen: Observations): Finding[] {
  const { nats, servers, at } = seen;
  const server = servers.find(({ name }) => name === 'nats');
  const since = earliest(server?.state === 'running' ? null : server?.since, failingSince(seen, 'nats'));
  const base = { severity: 'failure', subject: 'nats', since, consequence: CONSEQUENCE } as const;
  const watched = server !== undefined && server.state !== 'not watched';
  const hung = watched ? 'Nothing: the stack kills it after 10 s of silence and starts it again.' : 'Restart it.';
  switch (nats.kind) {
    case 'not asked':
      return [];
    case 'unreachable': {
      // The supervisor's server went with it, which has been said.
      if (seen.supervisor.kind === 'absent') return [];
      const advice = watched ? 'Nothing: the stack starts it again.' : 'Start it, or mend the network to it.';
      return [{ ...base, problem: `cannot be reached (${nats.message})`, advice }];
    }
    case 'silent':
      return [{ ...base, problem: 'accepts connections and answers nothing: it hangs, or is stopped', advice: hung }];
    case 'no jetstream':
      return [
        {
          ...base,
          problem: `answers, and its JetStream does not (${nats.message}): it hangs, its disk may be full`,
          advice: hung,
        },
      ];
    case 'answers':
      return [
        ...missingStreams(nats.missingStreams, base),
        ...pendingReports(nats.reportsPending),
        ...relayFinding(seen),
        ...restartWarning(server, at),
      ];
  }
}

function missingStreams(missing: string[], base: Omit<Finding, 'problem' | 'advice'>): Finding[] {
  if (missing.length === 0) return [];
  return [
    {
      ...base,
      problem: `lacks streams: ${missing.join(', ')}`,
      advice: 'Nothing: services declare them again within 5 s. If they do not, restart a scheduler.',
    },
  ];
}

/** Reports that nothing takes: they are many, and do not become fewer. */
function pendingReports(pending: [number, number] | null): Finding[] {
  if (pending === null || pending[1] < MANY_REPORTS || pending[1] < pending[0]) return [];
  return [
    {
      severity: 'failure',
      subject: 'reports of agents',
      problem: `wait for a scheduler: ${pending[1]}, and they do not become fewer`,
      since: null,
      consequence: 'Statuses of pods and DaemonSets are old.',
      advice: 'Look at the schedulers: one that is stopped, or a Postgres that is slow.',
    },
  ];
}

/**
 * Commits that are not published: the published revision stands, below what was committed before. An empty stream says
 * nothing by itself, since messages expire; it is behind when there were commits between the looks and none came.
 */
function relayFinding({ nats, postgres }: Observations): Finding[] {
  if (nats.kind !== 'answers' || postgres.kind !== 'answers') return [];
  const [before, now] = nats.published;
  const [committed, committedLater] = postgres.revisions;
  const behind = now === null ? committedLater > committed : now < committed && (before === null || now <= before);
  if (!behind) return [];
  return [
    {
      severity: 'failure',
      subject: 'relay',
      problem:
        now === null
          ? `publishes nothing, while commits go on (revision ${committedLater})`
          : `is ${committed - now} revisions behind: ${now} is published, ${committed} is committed`,
      since: null,
      consequence: 'Agents learn late of assignments. Caches read the journal meanwhile.',
      advice: 'Wait 5 s for another scheduler to take the relay. If none does, restart the schedulers.',
    },
  ];
}
