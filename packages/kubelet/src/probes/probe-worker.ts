import type { Container, Probe } from '@everynode/objects';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** A probe with its defaults; times in ms. Source: pkg/apis/core/v1/defaults.go. */
export interface ProbeSpec {
  initialDelayMs: number;
  periodMs: number;
  successThreshold: number;
  failureThreshold: number;
}

function probeSpecOf(probe: Probe): ProbeSpec {
  return {
    initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
    periodMs: (probe.periodSeconds || 10) * 1000,
    successThreshold: probe.successThreshold || 1,
    failureThreshold: probe.failureThreshold || 3,
  };
}

/** What one try of a probe brought. `error`: it could not be carried out, which says nothing of the container. */
type Verdict = 'success' | 'warning' | 'failure' | 'error';

export interface ProbeOutcome {
  verdict: Verdict;
  /** What the probe says of it, for the event. */
  output: string;
  /** Up to here, in monotonic ms, the container will pass the probe: a runtime may know that of a simulated one. */
  passesUntilMs?: number;
}

type ProbeResult = 'success' | 'failure' | 'unknown';

/**
 * One probe of one container. A worker ticks every period, from when it was made; it outlives the runs of the
 * container. Times in ms, monotonic. Source: pkg/kubelet/prober/worker.go.
 */
export interface ProbeWorker {
  readonly kind: ProbeKind;
  readonly spec: ProbeSpec;
  /** Verdict after the thresholds. */
  result: ProbeResult;
  /** The last verdict, and how often it came in a row. */
  last: 'success' | 'failure' | undefined;
  inRow: number;
  /** It does nothing more in this run of the container. */
  onHold: boolean;
  /** A try is under way. */
  isBusy: boolean;
  /** Tries in a row that could not be carried out. */
  errors: number;
  /** Ticks are at this time and every period after it. */
  tickedMs: number;
  /** The first tick that is not over. */
  dueMs: number;
}

const INITIAL: Readonly<Record<ProbeKind, ProbeResult>> = {
  startup: 'unknown',
  liveness: 'success',
  readiness: 'failure',
};

export function newWorker(kind: ProbeKind, spec: ProbeSpec, fromMs: number): ProbeWorker {
  return {
    kind,
    spec,
    result: INITIAL[kind],
    last: undefined,
    inRow: 0,
    onHold: false,
    isBusy: false,
    errors: 0,
    tickedMs: fromMs,
    dueMs: fromMs,
  };
}

const FIELDS = [
  ['startup', 'startupProbe'],
  ['liveness', 'livenessProbe'],
  ['readiness', 'readinessProbe'],
] as const;

/** The workers of a container. `offsetMs` returns how long the first tick waits. */
export function workersOf(container: Container, fromMs: number, offsetMs: (spec: ProbeSpec) => number): ProbeWorker[] {
  const workers: ProbeWorker[] = [];
  for (const [kind, field] of FIELDS) {
    const probe = container[field];
    if (!probe) continue;
    const spec = probeSpecOf(probe);
    workers.push(newWorker(kind, spec, fromMs + offsetMs(spec)));
  }
  return workers;
}

/** A new run of the container begins. */
export function beginRun(worker: ProbeWorker): void {
  worker.result = INITIAL[worker.kind];
  worker.onHold = false;
  worker.isBusy = false;
  worker.errors = 0;
}

/** The worker tries at once, and its ticks begin anew with that. */
export function tickAt(worker: ProbeWorker, ms: number): void {
  worker.tickedMs = ms;
  worker.dueMs = ms;
}

/** The first tick at `ms` or later. */
export function tickFrom({ tickedMs, spec }: ProbeWorker, ms: number): number {
  return tickedMs + Math.max(0, Math.ceil((ms - tickedMs) / spec.periodMs)) * spec.periodMs;
}

/** Tries of a probe that cannot be carried out, before it waits for its next tick. */
const MAX_ERRORS = 3;

/**
 * Counts what a try has brought. Returns whether the try is one to tell of, and whether the result of the worker has
 * changed or is final for this run.
 */
export function concludeTry(
  worker: ProbeWorker,
  { verdict, passesUntilMs }: ProbeOutcome,
  nowMs: number,
): { isTold: boolean; isSettled: boolean } {
  worker.isBusy = false;
  if (verdict === 'error') {
    worker.errors += 1;
    const isLast = worker.errors >= MAX_ERRORS;
    if (isLast) worker.errors = 0;
    else worker.dueMs = nowMs;
    return { isTold: isLast, isSettled: false };
  }
  worker.errors = 0;
  const result = verdict === 'failure' ? 'failure' : 'success';
  worker.inRow = worker.last === result ? worker.inRow + 1 : 1;
  worker.last = result;
  const { failureThreshold, successThreshold } = worker.spec;
  const isEnough = worker.inRow >= (result === 'failure' ? failureThreshold : successThreshold);
  const isTold = verdict !== 'success';
  if (!isEnough) return { isTold, isSettled: false };
  const isNew = worker.result !== result;
  worker.result = result;
  if (worker.kind === 'startup' || (worker.kind === 'liveness' && result === 'failure')) {
    worker.onHold = true;
    worker.inRow = 0;
    return { isTold, isSettled: true };
  }
  // What is known to pass need not be tried: no tick before that time can change anything.
  if (result === 'success' && passesUntilMs !== undefined) worker.dueMs = Math.max(worker.dueMs, passesUntilMs);
  return { isTold, isSettled: isNew };
}
