import { COMMANDS } from '@everynode/local-stack/control';
import type { Finding } from '../finding.js';
import type { CheckObservation, Observations, ProcessObservation, Role } from '../observations.js';
import { sharedReason } from './since.js';

const READY = (process: ProcessObservation) =>
  process.health.kind === 'answers' && process.health.checks.every(({ state }) => state !== 'failed');

/** A clock that is off by more confuses who reads logs, and certificates. */
const MAX_SKEW_SECONDS = 5;

/** What stands still while a process is out. */
function consequenceOf({ name, role, nodes }: ProcessObservation, all: ProcessObservation[]): string {
  const others = all.filter((other) => other.role === role && other.name !== name && READY(other));
  const names = others.map((other) => other.name).join(', ');
  const consequences: Record<Role, string> = {
    api: names
      ? `Its open connections stand; new ones go to ${names}.`
      : 'No replica of the api is ready: clients get 503, or answers from caches.',
    scheduler: names
      ? `Its shards are taken by ${names} within 3 s.`
      : 'No scheduler works: no DaemonSet moves, no status is taken.',
    agent: `Its ${nodes ?? ''} nodes are silent and turn NotReady after 50 s; their pods are not followed.`.replace(
      '  ',
      ' ',
    ),
  };
  return consequences[role];
}

export function processFindings(seen: Observations): Finding[] {
  return seen.processes.flatMap((process) => [...lifeFindings(process, seen), ...healthFindings(process, seen)]);
}

/** Whether the process is there and answers. */
function lifeFindings(process: ProcessObservation, seen: Observations): Finding[] {
  const { health, lastExit, log, name, pid, since, state } = process;
  const restarted = seen.supervisor.kind === 'answers' ? 'Nothing: the stack starts it again.' : 'Start it again.';
  const base = { severity: 'failure', subject: name, consequence: consequenceOf(process, seen.processes) } as const;
  if (state === 'stopped') {
    const advice = process.role === 'agent' ? `${COMMANDS.run} agents start ${name}` : 'Restart the cluster.';
    return [{ ...base, problem: 'is stopped on request', since: since ?? null, advice }];
  }
  if (health.kind === 'gone' || state === 'waiting to restart') {
    const how = lastExit ? ` (${lastExit.how})` : '';
    const advice = log ? `${restarted} Why it ended: ${log}` : restarted;
    return [{ ...base, problem: `has ended${how}`, since: lastExit?.at ?? since ?? null, advice }];
  }
  if (health.kind === 'silent' && state !== 'starting') {
    return [
      {
        ...base,
        problem: `does not answer (process ${pid}): it hangs, or is stopped`,
        since: since ?? null,
        advice: `If it is stopped: kill -CONT ${pid}. Otherwise kill -9 ${pid}: the stack starts it again.`,
      },
    ];
  }
  if (state === 'starting') {
    return [
      { ...base, severity: 'warning', problem: 'is starting', since: since ?? null, advice: 'Wait some seconds.' },
    ];
  }
  return [];
}

interface CheckMeaning {
  consequence: string;
  advice: string;
}

/** Checks of a process that the doctor has not found the cause of elsewhere. */
const MEANINGS: Record<string, CheckMeaning> = {
  postgres: {
    consequence: 'This process writes nothing; the others do.',
    advice: 'Look at its network to Postgres, which answers the doctor. It tries again by itself.',
  },
  nats: {
    consequence: 'This process sends and gets no messages; the others do.',
    advice: 'Look at its network to NATS, which answers the doctor. It tries again by itself.',
  },
  cache: {
    consequence: 'Reads from this replica may be old.',
    advice: 'Nothing: it reads the journal again. If it lasts for a minute, restart it.',
  },
  informers: {
    consequence: 'This scheduler does not act on what it may not have seen.',
    advice: 'Nothing: it reads the journal again. If it lasts for a minute, restart it.',
  },
  shards: {
    consequence: 'Keys of the shards that it has just taken, or cannot renew, wait.',
    advice: 'Nothing: it waits for its caches. If it lasts for a minute, restart it.',
  },
  pods: {
    consequence: 'Its nodes do not know the pods that they should run.',
    advice: 'Nothing: it asks again. If it lasts, look at the schedulers, which answer it.',
  },
  incarnation: {
    consequence: 'What it reports is not taken.',
    advice: 'Run one process for each agent name; a scheduler has to run.',
  },
  start: { consequence: 'It does no work yet.', advice: 'Wait some seconds; then read its log.' },
};

const UNKNOWN: CheckMeaning = { consequence: 'It is not ready.', advice: 'Read its log.' };

/** True when the same is said of the server itself. */
function isKnownElsewhere({ name }: CheckObservation, seen: Observations): boolean {
  const { nats, postgres } = seen;
  if (name === 'postgres') {
    return postgres.kind !== 'answers' || postgres.holder !== null || sharedReason(seen, name) !== undefined;
  }
  if (name === 'nats') return nats.kind !== 'answers' || nats.missingStreams.length > 0;
  return false;
}

const NEEDS_POSTGRES = ['cache', 'informers', 'shards', 'start'];
const NEEDS_NATS = ['pods', 'incarnation'];
const isAway = ({ kind }: { kind: string }) => kind !== 'answers' && kind !== 'not asked';

/** What follows from a server that is away is said once, of the server. */
function followsFromServer(check: CheckObservation, seen: Observations): boolean {
  if (isKnownElsewhere(check, seen)) return true;
  if (NEEDS_POSTGRES.includes(check.name) && isAway(seen.postgres)) return true;
  return NEEDS_NATS.includes(check.name) && isAway(seen.nats);
}

/** What a process that answers reports of itself. */
function healthFindings(process: ProcessObservation, seen: Observations): Finding[] {
  const { health, name } = process;
  if (health.kind !== 'answers' || process.state === 'starting') return [];
  const findings = health.checks
    .filter((check) => check.state !== 'ok' && !followsFromServer(check, seen))
    .map((check): Finding => {
      const meaning = MEANINGS[check.name] ?? UNKNOWN;
      const problem = `${check.state === 'failed' ? 'is not ready' : 'is degraded'}: ${check.name}, ${check.reason}`;
      return { severity: 'failure', subject: name, problem, since: check.since, ...meaning };
    });
  return [...findings, ...reportFinding(process), ...doubtFinding(process), ...clockFinding(process)];
}

/** A metric, twice about a second apart. */
const samplesOf = ({ health }: ProcessObservation, metric: string): [number, number] =>
  health.kind === 'answers' ? [health.metricsBefore[metric] ?? 0, health.metrics[metric] ?? 0] : [0, 0];

/** Statuses that wait at one look are work in progress: they wait too long when they do not become fewer. */
function reportFinding(process: ProcessObservation): Finding[] {
  const [before, waiting] = samplesOf(process, 'everynode_agent_statuses_waiting');
  if (before === 0 || waiting < before) return [];
  return [
    {
      severity: 'warning',
      subject: process.name,
      problem: `has ${waiting} pods whose status the store has not acknowledged`,
      since: null,
      consequence: 'kubectl shows an older status of these pods.',
      advice: 'Nothing: it reports them again. If the number does not fall, look at the schedulers.',
    },
  ];
}

/** The metric counts since the start of the process: only what was added between the looks happens now. */
function doubtFinding(process: ProcessObservation): Finding[] {
  const [before, now] = samplesOf(process, 'everynode_store_commits_in_doubt');
  const count = now - before;
  if (count <= 0) return [];
  return [
    {
      severity: 'warning',
      subject: process.name,
      problem: `has lost the answer to ${count} ${count === 1 ? 'commit' : 'commits'} within a second`,
      since: null,
      consequence: 'None: each outcome was looked up before anything was done again. Writes were slower meanwhile.',
      advice: 'Look at the network between it and Postgres.',
    },
  ];
}

function clockFinding({ health, name }: ProcessObservation): Finding[] {
  if (health.kind !== 'answers' || Math.abs(health.clockSkewSeconds) < MAX_SKEW_SECONDS) return [];
  const seconds = Math.round(health.clockSkewSeconds);
  return [
    {
      severity: 'warning',
      subject: name,
      problem: `has a clock that is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead'}`,
      since: null,
      consequence: 'Times in its logs and statuses are wrong. No order depends on them.',
      advice: 'Set the clock of its machine (NTP).',
    },
  ];
}
