import type { PodScript } from './simulation-settings.js';

/**
 * What a simulated pod is doing. `creating`: the sandbox is made. `initialising`: an init container runs. `pull-failed`
 * and `pull-waiting`: no image. `running`: started, not ready yet. `unready`: its probe has failed, and will.
 * `crashed`: a container has ended and is to be started again. `finished`: all have ended for good.
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
  | 'finished';

/** What decides on the next step. Times in ms. */
export interface StageFacts {
  script: PodScript;
  /** Init containers that have not ended yet; sidecars are not counted, they take no time. */
  initsLeft: number;
  initCount: number;
  /** Pulls that failed, in a row. */
  pulls: number;
  /** Ends of containers, in a row: a run of ten minutes is a fresh start. */
  crashes: number;
  /** Since the main containers started. */
  ranMs: number;
  restartPolicy: string;
}

/** When a pod is in one of these steps, and this holds, it becomes that, this long after. */
export interface Stage {
  from: readonly Step[];
  to: Step;
  when(facts: StageFacts): boolean;
  delayMs(facts: StageFacts): number;
}

const SECOND = 1000;
const FIRST_BACKOFF_MS = 10 * SECOND;
const MAX_BACKOFF_MS = 300 * SECOND;
/** A kubelet says ErrImagePull until it looks at the pod again. */
const PULL_ERROR_SHOWN_MS = SECOND;

const doubling = (times: number): number => Math.min(FIRST_BACKOFF_MS * 2 ** Math.min(times - 1, 10), MAX_BACKOFF_MS);

/** A container that ended is started at once the first time, then after 10 s, doubling up to 300 s. */
export function crashBackoffMs(crashes: number): number {
  return crashes <= 1 ? 0 : doubling(crashes - 1);
}

/** The time to start is shared evenly by the sandbox and the init containers. */
const startShareMs = ({ script, initCount }: StageFacts): number => script.startMs / (initCount + 1);

const restarts = (policy: string, code: number): boolean =>
  policy === 'Always' || (policy === 'OnFailure' && code !== 0);

const STARTED: readonly Step[] = ['running', 'ready', 'unready'];

/**
 * The behaviour of simulated pods, as data (the idea is KWOK's stages). Of the stages that apply the one with the least
 * delay wins, and of equals the one that stands first. Source of the delays: kubelet's image and container back-off.
 */
export const STAGES: readonly Stage[] = [
  { from: ['creating'], to: 'pull-failed', when: ({ script }) => script.imageError, delayMs: startShareMs },
  {
    from: ['creating', 'initialising'],
    to: 'initialising',
    when: ({ initsLeft }) => initsLeft > 0,
    delayMs: startShareMs,
  },
  {
    from: ['creating', 'initialising'],
    to: 'running',
    when: ({ initsLeft }) => initsLeft === 0,
    delayMs: startShareMs,
  },
  { from: ['pull-failed'], to: 'pull-waiting', when: () => true, delayMs: () => PULL_ERROR_SHOWN_MS },
  { from: ['pull-waiting'], to: 'pull-failed', when: () => true, delayMs: ({ pulls }) => doubling(pulls) },
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
    from: ['running'],
    to: 'unready',
    when: ({ script }) => script.neverReady,
    delayMs: ({ script, ranMs }) => script.readyMs - ranMs,
  },
  {
    from: ['running'],
    to: 'ready',
    when: ({ script }) => !script.neverReady,
    delayMs: ({ script, ranMs }) => script.readyMs - ranMs,
  },
  { from: ['crashed'], to: 'running', when: () => true, delayMs: ({ crashes }) => crashBackoffMs(crashes) },
];

/** What a pod in `step` becomes next and when; undefined when it stays as it is. A delay may be 0 or less: at once. */
export function nextStage(step: Step, facts: StageFacts): { to: Step; delayMs: number } | undefined {
  let next: { to: Step; delayMs: number } | undefined;
  for (const stage of STAGES) {
    if (!stage.from.includes(step) || !stage.when(facts)) continue;
    const delayMs = stage.delayMs(facts);
    if (!next || delayMs < next.delayMs) next = { to: stage.to, delayMs };
  }
  return next;
}
