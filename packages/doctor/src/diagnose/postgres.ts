import type { Finding } from '../finding.js';
import type { Observations } from '../observations.js';
import { earliest, failingSince, restartWarning, sharedReason } from './since.js';

const NO_WRITES =
  'No write is accepted: kubectl apply gets 503, no pod is created or updated. Reads from the caches go on.';

const OWN = 'Nothing: each process tries again by itself. If it lasts for a minute, read the log of Postgres.';
const DISK_FULL = {
  problem: 'has no disk space left',
  advice: 'Free space on its disk. Everynode goes on by itself.',
};

/** SQLSTATE codes with a meaning of their own. Source: errcodes-appendix of PostgreSQL. */
const REFUSALS: Record<string, { problem: string; advice: string }> = {
  '57P03': { problem: 'is starting, or recovers from a crash', advice: 'Nothing: recovery ends by itself.' },
  '53300': {
    problem: 'has no connection left',
    advice: 'Find who holds them (select * from pg_stat_activity), or raise max_connections.',
  },
  '53100': DISK_FULL,
  '28P01': { problem: 'refuses the password', advice: 'Correct DATABASE_URL.' },
};

const LOW_BYTES = 200 * 1024 * 1024;
/** A batch takes well under a second. */
const LONG_HOLD_SECONDS = 2;
const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;

export function postgresFindings(seen: Observations): Finding[] {
  const { postgres, servers, at } = seen;
  const server = servers.find(({ name }) => name === 'postgres');
  const since = earliest(server?.state === 'running' ? null : server?.since, failingSince(seen, 'postgres'));
  const base = { severity: 'failure', subject: 'postgres', since, consequence: NO_WRITES } as const;
  const watched = server !== undefined && server.state !== 'not watched';
  const restart = watched ? 'Nothing: the stack starts it again.' : 'Start it, or mend the network to it.';
  switch (postgres.kind) {
    case 'not asked':
      return [];
    case 'unreachable':
      // The supervisor's server went with it, which has been said.
      if (seen.supervisor.kind === 'absent') return [];
      return [{ ...base, problem: `cannot be reached (${postgres.message})`, advice: restart }];
    case 'silent':
      return [
        {
          ...base,
          problem: 'accepts connections and answers nothing: it hangs, or is stopped',
          advice: watched ? 'Nothing: the stack kills it after 10 s of silence and starts it again.' : 'Restart it.',
        },
      ];
    case 'refuses': {
      const known = REFUSALS[postgres.code];
      return [
        {
          ...base,
          problem: known?.problem ?? `refuses: ${postgres.message} (${postgres.code})`,
          advice: known?.advice ?? 'Read its log.',
        },
      ];
    }
    case 'answers':
      return [
        ...holderFinding(postgres.holder, at),
        ...(postgres.holder === null ? sharedTrouble(seen, base) : []),
        ...diskFinding(postgres.freeBytes),
        ...postgres.twins.map((name) => twinFinding(name)),
        ...restartWarning(server, at),
      ];
  }
}

/** Postgres answers the doctor, and works for no process. */
function sharedTrouble(seen: Observations, base: Omit<Finding, 'problem' | 'advice'>): Finding[] {
  const reason = sharedReason(seen, 'postgres');
  if (reason === undefined) return [];
  const full = /disk .*full/.test(reason);
  return [
    { ...base, ...(full ? DISK_FULL : { problem: `answers, and works for no process: ${reason}`, advice: OWN }) },
  ];
}

function holderFinding(
  holder: Extract<Observations['postgres'], { kind: 'answers' }>['holder'],
  at: number,
): Finding[] {
  if (holder === null || holder.seconds < LONG_HOLD_SECONDS) return [];
  const { pid, application, state, seconds, blocked } = holder;
  return [
    {
      severity: 'failure',
      subject: 'postgres',
      problem: `session ${pid} (${application || 'no name'}, ${state}) holds the counter row`,
      since: new Date(at - seconds * 1000).toISOString(),
      consequence: `No write in the whole cluster; ${blocked} sessions wait for it.`,
      advice:
        `If it is idle, nothing for 5 s: another writer ends it. Otherwise, or after that: ` +
        `select pg_terminate_backend(${pid}). A backend that is stopped does not act on it: kill -CONT ${pid} on its machine.`,
    },
  ];
}

function diskFinding(freeBytes: number | null): Finding[] {
  if (freeBytes === null || freeBytes >= LOW_BYTES) return [];
  return [
    {
      severity: freeBytes === 0 ? 'failure' : 'warning',
      subject: 'postgres',
      problem: `has ${mebibytes(freeBytes)} of disk left`,
      since: null,
      consequence: freeBytes === 0 ? NO_WRITES : 'Writes fail when it is used up.',
      advice: 'Free space on its disk. Everynode goes on by itself.',
    },
  ];
}

const twinFinding = (name: string): Finding => ({
  severity: 'warning',
  subject: name,
  problem: 'runs twice: two processes have this replica name',
  since: null,
  consequence: 'Each is a replica of its own with its own shards, so nothing is done twice; logs and metrics mix.',
  advice: 'End one, or give it another EVERYNODE_REPLICA.',
});
