import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';

/** Names in a message; the rest is a number. */
const SHOWN = 3;

export function apiFindings(seen: Observations): Finding[] {
  const { api, supervisor } = seen;
  const base = { severity: 'failure', subject: 'api', since: null } as const;
  const replicas = seen.processes.filter(({ role }) => role === 'api');
  switch (api.kind) {
    case 'not asked':
      return [];
    case 'refused':
    case 'cut':
    case 'silent': {
      // That there is no supervisor, or that it hangs, has been said.
      if (supervisor.kind === 'absent' || supervisor.kind === 'silent') return [];
      const problem = { refused: 'refuses connections', cut: 'cuts connections', silent: 'does not answer' }[api.kind];
      return [
        {
          ...base,
          problem: `${problem} (${api.message})`,
          consequence: 'kubectl does not work. Running pods go on.',
          advice: 'Is its address right, and does a replica run?',
        },
      ];
    }
    case 'no replica':
      return [
        {
          ...base,
          problem: 'has no replica that serves: the front door answers 503 with Retry-After',
          consequence: 'kubectl does not work. Controllers, agents and running pods go on.',
          advice: replicas.some(({ health, state }) => health.kind === 'silent' && state !== 'starting')
            ? 'Let the replicas go on, or end them, as above.'
            : 'Nothing, if the replicas are starting: 3 s. Otherwise read their logs.',
        },
      ];
    case 'answers':
      return [...openDoor(replicas, seen), ...ownChecks(seen), ...nodeFindings(seen)];
  }
}

/** No replica is ready, and the front door uses those that answer. */
function openDoor(replicas: Observations['processes'], { api }: Observations): Finding[] {
  const failing = replicas.every(
    ({ health }) => health.kind !== 'answers' || health.checks.some(({ state }) => state === 'failed'),
  );
  if (replicas.length === 0 || !failing || api.kind !== 'answers') return [];
  return [
    {
      severity: 'warning',
      subject: 'front door',
      problem: 'fails open: no replica of the api is ready, and those that answer get the connections',
      since: null,
      consequence: 'Reads from caches may be old; writes get 503 with Retry-After.',
      advice: 'Mend what the replicas lack, above.',
    },
  ];
}

/** Seen from outside: the checks of the replica that answered, when no process could be asked. */
function ownChecks({ api, processes }: Observations): Finding[] {
  if (api.kind !== 'answers' || processes.length > 0) return [];
  return api.checks
    .filter(({ state }) => state !== 'ok')
    .map(({ name, reason, since, state }) => ({
      severity: 'failure',
      subject: 'api',
      problem: `${state === 'failed' ? 'is not ready' : 'is degraded'}: ${name}, ${reason}`,
      since,
      consequence: state === 'failed' ? 'Writes may fail, and reads may be old.' : 'It serves; what needs this stands.',
      advice: `Look at ${name} and at the replica's log.`,
    }));
}

function nodeFindings({ api, postgres, supervisor }: Observations): Finding[] {
  if (api.kind !== 'answers') return [];
  if (api.nodes === null) {
    // A list is read fresh, from Postgres: that it is away has been said.
    if (postgres.kind !== 'answers' && postgres.kind !== 'not asked') return [];
    return [
      {
        severity: 'failure',
        subject: 'api',
        problem: `does not list nodes: ${api.listError}`,
        since: null,
        consequence: 'kubectl does not work, or not for this user.',
        advice: 'Look at the findings above, or at the permissions of the kubeconfig.',
      },
    ];
  }
  const { notReady, total } = api.nodes;
  if (notReady.length === 0) return [];
  const names = notReady.slice(0, SHOWN).join(', ');
  const more = notReady.length > SHOWN ? ` and ${notReady.length - SHOWN} more` : '';
  return [
    {
      severity: 'failure',
      subject: 'nodes',
      problem: `${notReady.length} of ${total} are not Ready: ${names}${more}`,
      since: null,
      consequence: 'Rollouts count them as unavailable; pods that do not tolerate it are evicted.',
      advice:
        supervisor.kind === 'answers'
          ? 'Look at the agents above.'
          : 'Look at their agents: do they run and reach NATS?',
    },
  ];
}
