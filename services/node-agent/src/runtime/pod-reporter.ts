import { timestamp } from '@everynode/objects';
import { TokenBucket } from '@everynode/service-shell';
import type { ContainerIds } from './container-status.js';
import type { PodOccurrence } from './kubelet-events.js';
import type { PodRun } from './pod-run.js';
import { podStatus } from './pod-status.js';
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

/** Reports pods: it computes their status, and passes on their events within the budget of the process. */
export class PodReporter {
  readonly #options: PodReporterOptions;
  readonly #normalEvents: TokenBucket;

  constructor(options: PodReporterOptions) {
    this.#options = options;
    this.#normalEvents = new TokenBucket(NORMAL_EVENTS_BURST, NORMAL_EVENT_EVERY_MS, options.clock.now());
  }

  /** Reports a pod as it is now. With `stopped` it is the last report. */
  report(run: PodRun, stopped: boolean): void {
    const { clock, ids, onReport } = this.#options;
    const at = timestamp(clock.wallTime());
    run.status = podStatus(run, ids, at);
    const events = this.#withinBudget(run.occurrences).map((occurred) => ({ ...occurred, at }));
    run.occurrences = [];
    onReport(run.pod, { status: run.status, stopped, events });
  }

  /** Warnings are always reported. */
  #withinBudget(occurrences: PodOccurrence[]): PodOccurrence[] {
    const { events, clock } = this.#options;
    if (!events) return [];
    return occurrences.filter(({ type }) => type === 'Warning' || this.#normalEvents.acquire(1, clock.now()) === 1);
  }
}
