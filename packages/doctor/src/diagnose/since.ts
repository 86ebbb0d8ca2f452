import type { Finding } from '../finding.js';
import type { CheckObservation, Observations, ServerObservation } from '../observations.js';

/** The earliest of some RFC 3339 times; null when there is none. */
export function earliest(...times: (string | null | undefined)[]): string | null {
  return times.filter((time): time is string => typeof time === 'string').sort()[0] ?? null;
}

/** The check of this name in the answer of each process, where it does not hold. */
function failingChecks(seen: Observations, name: string): { process: string; check: CheckObservation }[] {
  return seen.processes.flatMap(({ name: process, health }) =>
    health.kind !== 'answers'
      ? []
      : health.checks
          .filter((check) => check.name === name && check.state !== 'ok')
          .map((check) => ({ process, check })),
  );
}

/** Since when the first process has missed it. */
export function failingSince(seen: Observations, name: string): string | null {
  return earliest(...failingChecks(seen, name).map(({ check }) => check.since));
}

/**
 * The reason that every process has for the failure of one check, when there are several that have the check: then it
 * is not the fault of one of them. Undefined otherwise.
 */
export function sharedReason(seen: Observations, name: string): string | undefined {
  const asked = seen.processes.filter(
    ({ health }) => health.kind === 'answers' && health.checks.some((check) => check.name === name),
  );
  const failing = failingChecks(seen, name);
  return asked.length > 1 && failing.length === asked.length ? failing[0]?.check.reason : undefined;
}

/** A restart this long ago is not news any more, in ms. */
const RECENT_MS = 60_000;

/** A note that a server was started again a moment ago, which explains what is seen elsewhere. */
export function restartWarning(server: ServerObservation | undefined, at: number): Finding[] {
  const { lastExit, name, restarts } = server ?? {};
  if (!lastExit || name === undefined || at - Date.parse(lastExit.at) > RECENT_MS) return [];
  return [
    {
      severity: 'warning',
      subject: name,
      problem: `was started again: it ${lastExit.how}`,
      since: lastExit.at,
      consequence: `It works. Restarts since the cluster started: ${restarts}.`,
      advice: 'Nothing. If it comes back, read its log.',
    },
  ];
}
