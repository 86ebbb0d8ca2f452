import type { LogLine } from '@everynode/container-streams';
import type { AssignedPod } from '@everynode/kubelet';

const PREFIX = 'simulation.everynode.io/';
/** As a log file that is rotated, a log does not reach back for ever. In lines. */
const KEPT = 100_000;

/** What the containers of a pod write, as its scenario says. */
export interface LogScript {
  lines: readonly string[];
  /** The lines come one by one at this distance, again and again; undefined: all at the start, once. In ms. */
  everyMs: number | undefined;
}

/** A line that says what the container is, where the scenario has none. */
export function logScriptFor({ metadata }: AssignedPod, container: string): LogScript {
  const { name, annotations = {} } = metadata;
  const text = annotations[`${PREFIX}log`];
  if (!text) {
    const what = `container "${container}" of pod "${name}" is simulated`;
    return {
      lines: [`${what}: no process runs in it. The annotation ${PREFIX}log sets what it writes.`],
      everyMs: undefined,
    };
  }
  const every = annotations[`${PREFIX}log-every-ms`];
  const everyMs = every !== undefined && /^\d+$/.test(every) && Number(every) > 0 ? Number(every) : undefined;
  return { lines: text.replace(/\n$/, '').split('\n'), everyMs };
}

/** A simulated log is computed and kept nowhere: its line `i` is always the same. Times are in ms since 1970. */
export class SimulatedLog {
  readonly #script: LogScript;
  readonly #startMs: number;

  constructor(script: LogScript, startMs: number) {
    this.#script = script;
    this.#startMs = startMs;
  }

  /** How many lines there are at a moment. */
  countAt(ms: number): number {
    const { lines, everyMs } = this.#script;
    if (ms < this.#startMs) return 0;
    return everyMs === undefined ? lines.length : Math.floor((ms - this.#startMs) / everyMs) + 1;
  }

  /** When line `i` is written; infinite when it never is. */
  timeOf(i: number): number {
    const { lines, everyMs } = this.#script;
    if (everyMs !== undefined) return this.#startMs + i * everyMs;
    return i < lines.length ? this.#startMs : Number.POSITIVE_INFINITY;
  }

  line(i: number): LogLine {
    const { lines } = this.#script;
    const at = new Date(this.timeOf(i)).toISOString().replace('Z', '000000Z');
    return { at, stream: 'stdout', text: lines[i % lines.length] ?? '' };
  }

  /** The first line that a client reads, of `count`. */
  first(
    count: number,
    { sinceMs, tailLines }: { sinceMs?: number | undefined; tailLines?: number | undefined },
  ): number {
    let first = Math.max(0, count - Math.min(tailLines ?? KEPT, KEPT));
    if (sinceMs === undefined || this.timeOf(first) >= sinceMs) return first;
    const { everyMs } = this.#script;
    first = everyMs === undefined ? count : Math.ceil((sinceMs - this.#startMs) / everyMs);
    return first;
  }
}
