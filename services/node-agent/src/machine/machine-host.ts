import type { Observations, ShutdownGrace } from '@everynode/kubelet';
import type { Clock } from '@everynode/pod-runtime';
import { type Logger, pause } from '@everynode/service-shell';
import { type EvictionSettings, Evictions } from './evictions.js';
import type { MachineNode } from './machine-node.js';
import type { MachineRuntime } from './machine-runtime.js';
import { type DrainOutcome, drainMachine } from './shutdown.js';

/** How often the node is reported where nothing has changed. Source: nodeStatusReportFrequency of a kubelet. */
const REPORT_MS = 300_000;

interface MachineHostOptions {
  node: MachineNode;
  eviction: EvictionSettings;
  grace: ShutdownGrace;
  /** Measures the machine. */
  read: () => Promise<Observations>;
  clock: Clock;
  log: Logger;
}

/** What an agent does for the machine that it runs on, beside the pods that it is told to run. */
export class MachineHost {
  readonly #options: MachineHostOptions;
  #runtime: MachineRuntime | undefined;
  #draining: Promise<DrainOutcome> | undefined;

  constructor(options: MachineHostOptions) {
    this.#options = options;
  }

  get node(): MachineNode {
    return this.#options.node;
  }

  /** Notes the runtime of the machine, which begins with the agent. */
  runs<Kind extends MachineRuntime>(runtime: Kind): Kind {
    this.#runtime = runtime;
    return runtime;
  }

  /** What goes on while the agent runs. Each resolves when the signal aborts. */
  tasks(signal: AbortSignal): Promise<void>[] {
    const { node, eviction, read, clock, log } = this.#options;
    const runtime = this.#runtime;
    if (!runtime) return [];
    const evictions = new Evictions({ ...eviction, node, runtime, read, clock, log, signal });
    return [evictions.run(), this.#repeatReports(signal)];
  }

  /** Ends all pods, as before the machine shuts down. Asked twice, it is done once. */
  drain(reported: () => Promise<void>): Promise<DrainOutcome> {
    const { node, grace, clock, log } = this.#options;
    const runtime = this.#runtime;
    if (!runtime) return Promise.resolve({ pods: 0, left: 0 });
    this.#draining ??= drainMachine({ node, runtime, grace, reported, clock, log });
    return this.#draining;
  }

  async #repeatReports(signal: AbortSignal): Promise<void> {
    for (;;) {
      await pause(REPORT_MS, signal);
      if (signal.aborted) return;
      this.node.onChange();
    }
  }
}
