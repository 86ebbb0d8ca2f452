import { crashBackoffMs, pullBackoffMs } from '../restart-backoff.js';
import type { PodScript } from './pod-script.js';

/**
 * What a simulated pod is doing. `creating`: its sandbox is being made. `initialising`: an init container runs.
 * `pull-failed` and `pull-waiting`: it has no image. `running`: started and not ready yet. `unready`: its probe has
 * failed and will keep failing. `crashed`: a container has just ended and is to be started again. `restart-waiting`: it
 * waits for that, after more than one crash. `finished`: all containers have ended for good. `probing`: as `running`,
 * and some probes have passed. `init-crashed` and `init-waiting`: as `crashed` and `restart-waiting`, for an init
 * container. `init-failed`: it is not started again. `rejected`: the node did not admit the pod. `expired`: the pod has
 * run longer than its deadline.
 */
export type Step =
  | 'creating'
  | 'pull-failed'
  | 'pull-waiting'
  | 'initialising'
  | 'running'
  | 'ready'
  | 'unready'
  | 'crashed'
  | 'restart-waiting'
  | 'finished'
  | 'probing'
  | 'init-crashed'
  | 'init-waiting'
  | 'init-failed'
  | 'rejected'
  | 'expired';

/** What decides on the next step. Times in ms. */
export interface StageFacts {
  script: PodScript;
  /** Init containers that have not ended yet. Sidecars are not counted: they take no time. */
  initsLeft: number;
  initCount: number;
  /** Pulls that failed, in a row. */
  failedPulls: number;
  /** Crashes in a row, see restart-backoff.ts. */
  crashes: number;
  /** Since the main containers started. */
  ranMs: number;
  restartPolicy: string;
  /** The code with which the init container that runs is going to fail; undefined when it does not fail. */
  initFailure: number | undefined;
  /** The next change by a probe, since the main containers started; undefined when none is left. */
  nextProbeMs: number | undefined;
  /** Whether all main containers are ready then. */
  isLastProbe: boolean;
  /** Until the deadline of the pod; undefined without one. */
  deadlineInMs: number | undefined;
}

/** A pod in one of the steps `from`, for which `when` holds, enters the step `to` after `delayMs`. */
interface Stage {
  from: readonly (Step | 'stopping')[];
  to: Step;
  when(facts: StageFacts): boolean;
  delayMs(facts: StageFacts): number;
}

/** A kubelet shows ErrImagePull until it looks at the pod again. */
const PULL_ERROR_SHOWN_MS = 1000;
/** A kubelet shows that a container has ended until it looks at the pod again: its relist comes once a second. */
const CRASH_SHOWN_MS = 1000;

/** The sandbox and each init container take the same share of the time to start. */
const startShareMs = ({ script, initCount }: StageFacts): number => script.startMs / (initCount + 1);

const restarts = (policy: string, code: number): boolean =>
  policy === 'Always' || (policy === 'OnFailure' && code !== 0);

/** Steps of a pod whose main containers have started. */
export const STARTED: readonly (Step | 'stopping')[] = ['running', 'probing', 'ready', 'unready'];
/** Steps of a pod that has not ended. */
const ACTIVE: readonly (Step | 'stopping')[] = [
  ...STARTED,
  'creating',
  'pull-failed',
  'pull-waiting',
  'initialising',
  'init-crashed',
  'init-waiting',
  'crashed',
  'restart-waiting',
];

/**
 * The behaviour of simulated pods, as data (the idea is KWOK's stages). Of the stages that apply, the one with the
 * shortest delay wins, and of two with the same delay the first one.
 */
const STAGES: readonly Stage[] = [
  { from: ['creating'], to: 'pull-failed', when: ({ script }) => script.imageError, delayMs: startShareMs },
  {
    from: ['creating', 'initialising'],
    to: 'initialising',
    when: ({ initsLeft, initFailure }) => initsLeft > 0 && initFailure === undefined,
    delayMs: startShareMs,
  },
  {
    from: ['creating', 'initialising'],
    to: 'running',
    when: ({ initsLeft, initFailure }) => initsLeft === 0 && initFailure === undefined,
    delayMs: startShareMs,
  },
  {
    from: ['initialising'],
    to: 'init-crashed',
    when: ({ initFailure, restartPolicy }) => initFailure !== undefined && restartPolicy !== 'Never',
    delayMs: startShareMs,
  },
  {
    from: ['initialising'],
    to: 'init-failed',
    when: ({ initFailure, restartPolicy }) => initFailure !== undefined && restartPolicy === 'Never',
    delayMs: startShareMs,
  },
  {
    from: ['init-crashed'],
    to: 'initialising',
    when: ({ crashes }) => crashBackoffMs(crashes) === 0,
    delayMs: () => CRASH_SHOWN_MS,
  },
  {
    from: ['init-crashed'],
    to: 'init-waiting',
    when: ({ crashes }) => crashBackoffMs(crashes) > 0,
    delayMs: () => CRASH_SHOWN_MS,
  },
  {
    from: ['init-waiting'],
    to: 'initialising',
    when: () => true,
    delayMs: ({ crashes }) => crashBackoffMs(crashes) - CRASH_SHOWN_MS,
  },
  {
    from: ACTIVE,
    to: 'expired',
    when: ({ deadlineInMs }) => deadlineInMs !== undefined,
    delayMs: ({ deadlineInMs }) => deadlineInMs ?? 0,
  },
  { from: ['pull-failed'], to: 'pull-waiting', when: () => true, delayMs: () => PULL_ERROR_SHOWN_MS },
  {
    from: ['pull-waiting'],
    to: 'pull-failed',
    when: () => true,
    delayMs: ({ failedPulls }) => pullBackoffMs(failedPulls),
  },
  {
    from: STARTED,
    to: 'crashed',
    when: ({ script, restartPolicy }) => script.end !== undefined && restarts(restartPolicy, script.end.code),
    delayMs: ({ script, ranMs }) => (script.end?.afterMs ?? 0) - ranMs,
  },
  {
    from: STARTED,
    to: 'finished',
    when: ({ script, restartPolicy }) => script.end !== undefined && !restarts(restartPolicy, script.end.code),
    delayMs: ({ script, ranMs }) => (script.end?.afterMs ?? 0) - ranMs,
  },
  {
    from: ['running', 'probing'],
    to: 'probing',
    when: ({ isLastProbe, nextProbeMs }) => nextProbeMs !== undefined && !isLastProbe,
    delayMs: ({ nextProbeMs, ranMs }) => (nextProbeMs ?? 0) - ranMs,
  },
  {
    from: ['running', 'probing'],
    to: 'unready',
    when: ({ script, isLastProbe }) => script.neverReady && isLastProbe,
    delayMs: ({ nextProbeMs, ranMs }) => (nextProbeMs ?? 0) - ranMs,
  },
  {
    from: ['running', 'probing'],
    to: 'ready',
    when: ({ script, isLastProbe }) => !script.neverReady && isLastProbe,
    delayMs: ({ nextProbeMs, ranMs }) => (nextProbeMs ?? 0) - ranMs,
  },
  {
    from: ['crashed'],
    to: 'running',
    when: ({ crashes }) => crashBackoffMs(crashes) === 0,
    delayMs: () => CRASH_SHOWN_MS,
  },
  {
    from: ['crashed'],
    to: 'restart-waiting',
    when: ({ crashes }) => crashBackoffMs(crashes) > 0,
    delayMs: () => CRASH_SHOWN_MS,
  },
  {
    from: ['restart-waiting'],
    to: 'running',
    when: () => true,
    delayMs: ({ crashes }) => crashBackoffMs(crashes) - CRASH_SHOWN_MS,
  },
];

/** The step that follows `step`, and after how long; undefined when the pod stays as it is. 0 or less means at once. */
export function nextStage(step: Step, facts: StageFacts): { to: Step; delayMs: number } | undefined {
  let next: { to: Step; delayMs: number } | undefined;
  for (const stage of STAGES) {
    if (!stage.from.includes(step) || !stage.when(facts)) continue;
    const delayMs = stage.delayMs(facts);
    if (!next || delayMs < next.delayMs) next = { to: stage.to, delayMs };
  }
  return next;
}
