import type { Kind, ProcessReading, ProcessTree } from './process-tree.js';

/** What one process, or all processes of one name, used. */
export interface Usage {
  name: string;
  kind: Kind;
  /** CPU meanwhile, in ms. */
  cpuMs: number;
  /** Resident memory at the end, and its maximum. Memory that Postgres' processes share is counted once. */
  memoryBytes: number;
  peakMemoryBytes: number;
}

/** CPU since the sample before, in cores, and memory, of each name. */
export interface UsageSample {
  ms: number;
  cores: Record<string, number>;
  memoryBytes: Record<string, number>;
}

const EVERY_MS = 250;

interface Sum {
  kind: Kind;
  cpuMs: number;
  memoryBytes: number;
}

function sumsOf(readings: readonly ProcessReading[]): Map<string, Sum> {
  const groups = new Map<string, ProcessReading[]>();
  for (const reading of readings) groups.set(reading.name, [...(groups.get(reading.name) ?? []), reading]);
  return new Map(
    [...groups].map(([name, group]) => {
      const own = group.reduce((sum, { ownBytes }) => sum + ownBytes, 0);
      const shared = Math.max(...group.map(({ sharedBytes }) => sharedBytes));
      const cpuMs = group.reduce((sum, reading) => sum + reading.cpuMs, 0);
      return [name, { kind: group[0]?.kind ?? 'api', cpuMs, memoryBytes: own + shared }];
    }),
  );
}

/** Reads a process tree a few times a second, from its construction to {@link end}. */
export class UsageSampler {
  readonly #tree: ProcessTree;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #samples: UsageSample[] = [];
  readonly #cpuMs = new Map<string, number>();
  readonly #peaks = new Map<string, number>();
  #last: Map<string, Sum>;
  #lastMs = 0;

  constructor(tree: ProcessTree) {
    this.#tree = tree;
    this.#last = sumsOf(tree.read());
    this.#timer = setInterval(() => this.#sample(), EVERY_MS);
  }

  #sample(): void {
    const sums = sumsOf(this.#tree.read());
    const ms = performance.now() - this.#began;
    const sample: UsageSample = { ms, cores: {}, memoryBytes: {} };
    for (const [name, { cpuMs, memoryBytes }] of sums) {
      const before = this.#last.get(name)?.cpuMs ?? 0;
      // A process that was restarted counts from 0.
      const used = cpuMs >= before ? cpuMs - before : cpuMs;
      this.#cpuMs.set(name, (this.#cpuMs.get(name) ?? 0) + used);
      this.#peaks.set(name, Math.max(this.#peaks.get(name) ?? 0, memoryBytes));
      sample.cores[name] = used / Math.max(1, ms - this.#lastMs);
      sample.memoryBytes[name] = memoryBytes;
    }
    this.#samples.push(sample);
    this.#last = sums;
    this.#lastMs = ms;
  }

  /** Ends the sampling without a last sample. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** Ends the sampling with a last sample. */
  end(): { usage: Usage[]; samples: UsageSample[] } {
    this.stop();
    this.#sample();
    const usage = [...this.#last].map(([name, { kind, memoryBytes }]) => ({
      name,
      kind,
      cpuMs: this.#cpuMs.get(name) ?? 0,
      memoryBytes,
      peakMemoryBytes: this.#peaks.get(name) ?? memoryBytes,
    }));
    return { usage, samples: this.#samples };
  }
}
