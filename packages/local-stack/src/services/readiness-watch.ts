import { setTimeout as delay } from 'node:timers/promises';
import { type ProbeResult, ReadinessProbe } from './readiness-probe.js';

const POLL_MS = 500;
/** A process that starts is asked more often, so that it is used as soon as it can. */
const STARTING_POLL_MS = 50;

/** `starting` until it has been ready once or has reported that it has started. */
export type WatchedState = 'starting' | ProbeResult;

/** The state after a probe. What has started once does not start again while it lives. */
export function nextState(hasStarted: boolean, probe: ProbeResult): WatchedState {
  return probe === 'ready' || hasStarted ? probe : 'starting';
}

/** Follows the readiness of one process by its health port, and calls `onChange` at each change. */
export class ReadinessWatch {
  readonly #port: number;
  readonly #onChange: (state: WatchedState) => void;
  #state: WatchedState = 'starting';
  #hasStarted = false;
  #interrupt = new AbortController();

  constructor(port: number, onChange: (state: WatchedState) => void) {
    this.#port = port;
    this.#onChange = onChange;
  }

  /** It was ready, or has reported a complete start. */
  get hasStarted(): boolean {
    return this.#hasStarted;
  }

  /** The process has reported that it has started: the next probe is at once. */
  started(): void {
    this.#hasStarted = true;
    this.#interrupt.abort();
  }

  /** Probes until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const question = new ReadinessProbe(this.#port);
    signal.addEventListener('abort', () => question.close(), { once: true });
    while (!signal.aborted) {
      const probe = await question.ask();
      if (signal.aborted) return;
      const state = nextState(this.#hasStarted, probe);
      this.#hasStarted ||= probe === 'ready';
      const changed = state !== this.#state;
      this.#state = state;
      if (changed) this.#onChange(state);
      const interrupt = AbortSignal.any([signal, this.#interrupt.signal]);
      await delay(this.#hasStarted ? POLL_MS : STARTING_POLL_MS, undefined, { signal: interrupt }).catch(
        () => undefined,
      );
      if (this.#interrupt.signal.aborted) this.#interrupt = new AbortController();
    }
  }
}
