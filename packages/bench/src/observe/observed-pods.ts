import type { KubeClient } from '../client/kube-client.js';
import type { Observation } from './observation.js';
import { watchRows } from './table-rows.js';

/** One point of a curve: ms since the clock was started, and how many pods were ready then. */
export interface Sample {
  ms: number;
  ready: number;
}

/** Pods in a second, in the interval around `ms`. */
export interface RateSample {
  ms: number;
  perSecond: number;
}

/** Time that one point of a rate stands for; longer where there would be too many. */
const RATE_MS = 50;
const RATE_POINTS = 200;
/** A curve has at most this many points. */
const CURVE_POINTS = 1000;

/** Pods of a selector, and how many of them are ready, as a watch shows them. */
export class ObservedPods {
  readonly #pods = new Map<string, boolean>();
  readonly #stop: () => void;
  #ready = 0;
  #began = performance.now();
  #samples: Sample[] = [];
  #created = 0;
  #events = 0;
  /** Times of what happened since `begin`, in ms. */
  #readyAt: number[] = [];
  #goneAt: number[] = [];
  #onEvent: (() => void) | undefined;

  constructor(client: KubeClient, observation: Observation, namespace: string, selector: string) {
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
    this.#stop = watchRows(client, observation, path, ['Name', 'Ready', 'Status'], (type, cells) => {
      const [name = '', containers = '', status] = cells;
      const [have, want] = containers.split('/');
      const was = this.#pods.get(name);
      const ready = type !== 'DELETED' && have === want && status === 'Running';
      this.#ready += Number(ready) - Number(was ?? false);
      if (was === undefined && type !== 'DELETED') this.#created += 1;
      if (ready && was !== true) this.#readyAt.push(this.elapsedMs);
      if (type === 'DELETED') {
        this.#goneAt.push(this.elapsedMs);
        this.#pods.delete(name);
      } else this.#pods.set(name, ready);
      this.#events += 1;
      this.#samples.push({ ms: this.elapsedMs, ready: this.#ready });
      this.#onEvent?.();
    });
  }

  get count(): number {
    return this.#pods.size;
  }

  get ready(): number {
    return this.#ready;
  }

  /** Pods that were made since `begin`. */
  get created(): number {
    return this.#created;
  }

  /** How often a pod turned ready since `begin`. */
  get becameReady(): number {
    return this.#readyAt.length;
  }

  /** Events since `begin`. */
  get events(): number {
    return this.#events;
  }

  /** Since `begin`. */
  get elapsedMs(): number {
    return performance.now() - this.#began;
  }

  get names(): string[] {
    return [...this.#pods.keys()];
  }

  /** Restarts the clock, the counts and the curve. `onEvent` is called for each event from now on. */
  begin(onEvent?: () => void): void {
    this.#began = performance.now();
    this.#samples = [{ ms: 0, ready: this.#ready }];
    this.#created = 0;
    this.#readyAt = [];
    this.#goneAt = [];
    this.#events = 0;
    this.#onEvent = onEvent;
  }

  /** The ready pods over time; the last point is the last sample. */
  curve(): Sample[] {
    const step = Math.max(1, Math.ceil(this.#samples.length / CURVE_POINTS));
    return this.#samples.filter((_, i) => i % step === 0 || i === this.#samples.length - 1);
  }

  /** How fast pods turned ready, or went, from `begin` until now. */
  rate(of: 'ready' | 'gone'): RateSample[] {
    const elapsed = this.elapsedMs;
    const width = Math.max(RATE_MS, Math.ceil(elapsed / RATE_POINTS));
    const counts: number[] = new Array(Math.ceil(elapsed / width)).fill(0);
    for (const ms of of === 'ready' ? this.#readyAt : this.#goneAt) {
      const bucket = Math.min(counts.length - 1, Math.floor(ms / width));
      counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    return counts.map((count, i) => ({ ms: (i + 0.5) * width, perSecond: (count * 1000) / width }));
  }

  close(): void {
    this.#stop();
  }
}
