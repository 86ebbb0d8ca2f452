import type { NodeUsage } from '@everynode/contract';
import { pause } from '@everynode/service-shell';
import { type UsageSample, usageBetween } from './usage-sample.js';

/** The shortest window, in ms. */
const LEAST_MS = 1000;
/** A sample that is older says more about the past than about now, in ms. */
const MOST_MS = 60_000;

/** A sample, and when it was taken, in ms on the monotonic clock. */
interface TimedSample {
  sample: UsageSample;
  takenMs: number;
}

const ageMs = ({ takenMs }: TimedSample): number => performance.now() - takenMs;

/** Measures what a machine uses when it is asked, and does nothing in between. */
export class UsageSampler {
  readonly #read: () => Promise<UsageSample>;
  #last: TimedSample | undefined;
  #measuring: Promise<NodeUsage> | undefined;

  constructor(read: () => Promise<UsageSample>) {
    this.#read = read;
  }

  /**
   * What the machine uses, which is the only one of the nodes: on average since the last answer; after a longer time
   * without one, within a second from now.
   */
  async usage([node]: readonly string[]): Promise<NodeUsage[]> {
    if (node === undefined) return [];
    this.#measuring ??= this.#measure(node).finally(() => {
      this.#measuring = undefined;
    });
    return [await this.#measuring];
  }

  async #measure(node: string): Promise<NodeUsage> {
    const known = this.#last;
    const before = known && ageMs(known) <= MOST_MS ? known : await this.#take();
    const waitMs = LEAST_MS - ageMs(before);
    if (waitMs > 0) await pause(waitMs);
    const after = await this.#take();
    this.#last = after;
    return usageBetween(node, before.sample, after.sample);
  }

  async #take(): Promise<TimedSample> {
    const takenMs = performance.now();
    return { sample: await this.#read(), takenMs };
  }
}
