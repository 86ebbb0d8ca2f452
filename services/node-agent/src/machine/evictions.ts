import {
  type EvictionCandidate,
  type EvictionThreshold,
  evictionOf,
  isCriticalPod,
  type Observations,
  observePressure,
  type PressureState,
  rankForEviction,
  SIGNAL_FACTS,
} from '@everynode/kubelet';
import type { Clock } from '@everynode/pod-runtime';
import { type Logger, pause } from '@everynode/service-shell';
import type { MachineNode } from './machine-node.js';
import type { MachineRuntime } from './machine-runtime.js';

/** How often the machine is looked at. Source: pkg/kubelet/kubelet.go, evictionMonitoringPeriod. */
const EVERY_MS = 10_000;
/** How long an eviction is waited for, and how often is looked. Source: pkg/kubelet/eviction/eviction_manager.go. */
const CLEANED_UP_MS = 30_000;
const LOOK_MS = 1000;

export interface EvictionSettings {
  thresholds: readonly EvictionThreshold[];
  /** How long a condition stays after it was observed last. */
  transitionMs: number;
}

interface EvictionOptions extends EvictionSettings {
  node: MachineNode;
  runtime: MachineRuntime;
  /** Measures the machine. */
  read: () => Promise<Observations>;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/** Looks whether the machine is short of something, and evicts pods, one at a time, while it is. */
export class Evictions {
  readonly #options: EvictionOptions;
  #state: PressureState = new Map();

  constructor(options: EvictionOptions) {
    this.#options = options;
  }

  /** Resolves when the signal aborts. */
  async run(): Promise<void> {
    const { signal, log } = this.#options;
    while (!signal.aborted) {
      try {
        const evicted = await this.look();
        if (evicted === undefined) await pause(EVERY_MS, signal);
        else await this.#untilGone(evicted);
      } catch (err) {
        log.error({ err }, 'the machine could not be examined');
        await pause(EVERY_MS, signal);
      }
    }
  }

  /** Looks once. Returns the uid of the pod that is evicted. */
  async look(): Promise<string | undefined> {
    const { node, runtime, read, thresholds, transitionMs, clock, log } = this.#options;
    const observations = await read();
    const now = clock.now();
    const { state, conditions, threshold } = observePressure(this.#state, thresholds, observations, {
      nowMs: now,
      transitionMs,
    });
    this.#state = state;
    if (node.setPressure(conditions)) log.warn({ conditions, observations }, 'the conditions of the node have changed');
    const observed = threshold && observations[threshold.signal];
    if (!threshold || !observed) return undefined;
    const { resource } = SIGNAL_FACTS[threshold.signal];
    node.tell('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${resource}`);
    const usage = await runtime.usage(resource);
    const candidates = runtime.active().map((pod): EvictionCandidate => ({ pod, usage: usage.get(pod.metadata.uid) }));
    const chosen = rankForEviction(candidates, resource).find(({ pod }) => !isCriticalPod(pod));
    if (!chosen) {
      log.error({ resource, pods: candidates.length }, 'no pod can be evicted');
      return undefined;
    }
    const { namespace, name, uid } = chosen.pod.metadata;
    log.warn({ pod: `${namespace}/${name}`, resource, threshold, observed }, 'a pod is evicted');
    runtime.evict(uid, evictionOf(chosen, threshold, observed));
    return uid;
  }

  async #untilGone(uid: string): Promise<void> {
    const { runtime, clock, signal } = this.#options;
    const until = clock.now() + CLEANED_UP_MS;
    const isActive = () => runtime.active().some(({ metadata }) => metadata.uid === uid);
    while (isActive() && clock.now() < until && !signal.aborted) await pause(LOOK_MS, signal);
  }
}
