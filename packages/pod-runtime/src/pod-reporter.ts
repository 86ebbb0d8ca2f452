import { type ContainerIds, type PodOccurrence, type PodRun, podStatus, takeEvent } from '@everynode/kubelet';
import { timestamp } from '@everynode/objects';
import { TokenBucket } from '@everynode/service-shell';
import type { ReportListener } from './runtime.js';
import type { Clock } from './timers.js';

/**
 * Events of a process that report nothing wrong: so many at once, and then one each so many ms. A kubelet has a budget
 * too (`eventBurst`, `eventRecordQPS`); here one process stands for thousands of them.
 */
const NORMAL_EVENTS_BURST = 500;
const NORMAL_EVENT_EVERY_MS = 10;

interface PodReporterOptions {
  clock: Clock;
  ids: ContainerIds;
  /** Whether events are reported at all. */
  events: boolean;
  onReport: ReportListener;
}

/** Reports pods: it computes their status, and passes on their events within the budget of the pod and the process. */
export class PodReporter {
  readonly #options: PodReporterOptions;
  readonly #normalEvents: TokenBucket;

  constructor(options: PodReporterOptions) {
    this.#options = options;
    this.#normalEvents = new TokenBucket(NORMAL_EVENTS_BURST, NORMAL_EVENT_EVERY_MS, options.clock.now());
  }

  /** Reports a pod as it is now, unless there is nothing new. With `stopped` it is the last report. */
  report(run: PodRun, stopped: boolean): void {
    const { clock, ids, onReport } = this.#options;
    const occurrences = this.#withinBudget(run);
    run.occurrences = [];
    if (!run.isChanged && !stopped && occurrences.length === 0) return;
    run.isChanged = false;
    const at = timestamp(clock.wallTime());
    run.status = podStatus(run, ids, at);
    onReport(run.pod, { status: run.status, stopped, events: occurrences.map((occurred) => ({ ...occurred, at })) });
  }

  /** The budget of the process does not hold for warnings. */
  #withinBudget(run: PodRun): PodOccurrence[] {
    const { events, clock } = this.#options;
    if (!events || run.occurrences.length === 0) return [];
    const now = clock.now();
    return run.occurrences.filter(({ type }) => {
      const { bucket, isAllowed } = takeEvent(run.spam, now);
      run.spam = bucket;
      return isAllowed && (type === 'Warning' || this.#normalEvents.acquire(1, now) === 1);
    });
  }
}
