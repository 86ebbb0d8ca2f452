import type { Decoded, ParsedBody } from '@everynode/objects';
import type { ReadResult, ReadTask } from '../body-worker.js';
import { FairQueue } from '../fairness/fair-queue.js';
import type { RequestWork } from '../fairness/request-work.js';
import { refusalOf } from './body-refusal.js';
import { BodyThread } from './body-thread.js';
import type { Decoding } from './read-bytes.js';

export interface BodyThreadLimits {
  /** Threads at the same time. */
  threads: number;
  /** The longest that one body may take to read, in ms. */
  readMs: number;
  /** Memory of one thread, in MiB. */
  memoryMib: number;
  /** After how long without a body a thread ends, in ms. */
  idleMs: number;
}

export const BODY_THREAD_DEFAULTS: BodyThreadLimits = { threads: 2, readMs: 10_000, memoryMib: 256, idleMs: 60_000 };

/** Bodies of one client that may wait for a thread. */
const QUEUE_LENGTH = 100;
/** The longest that a body waits for a thread, in ms. */
const WAIT_MS = 15_000;

/** Who waits for a thread, and is charged for what it does. */
export type BodyClient = Pick<RequestWork, 'flow' | 'spent'>;

/**
 * Reads bodies in threads, so that one that takes long holds up nothing but the bodies of its own client. Threads start
 * when they are needed, and end when they have nothing to do.
 */
export class BodyThreads {
  readonly #queue: FairQueue;
  readonly #idle = new Map<BodyThread, NodeJS.Timeout>();
  #isClosed = false;

  /** `entry` is the program of a thread. */
  constructor(
    private readonly entry: URL,
    private readonly limits: BodyThreadLimits,
  ) {
    this.#queue = new FairQueue({ seats: limits.threads, queueLength: QUEUE_LENGTH, waitMs: WAIT_MS });
  }

  /** @throws ApiError BadRequest, RequestEntityTooLarge, TooManyRequests. */
  async decode(client: BodyClient, task: Omit<ReadTask, 'decoding' | 'schema'>, decoding: Decoding): Promise<Decoded> {
    // A definition has functions, which do not pass between threads.
    const { group, version, kind, schema } = decoding.target;
    const target = { group, version, kind, schema };
    const result = await this.#read(client, { ...task, schema, decoding: { ...decoding, target } });
    if (!('decoded' in result)) throw new Error('a thread returned no object');
    return result.decoded;
  }

  /** @throws ApiError BadRequest, RequestEntityTooLarge, TooManyRequests. */
  async parse(client: BodyClient, task: Omit<ReadTask, 'decoding'>): Promise<ParsedBody> {
    const result = await this.#read(client, task);
    if (!('parsed' in result)) throw new Error('a thread returned no value');
    const { value, strict } = result.parsed;
    return { value, strict: () => strict };
  }

  /** Ends the threads. One that reads a body ends when it has read it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#idle.keys()].map((thread) => this.#end(thread)));
  }

  async #read(client: BodyClient, task: ReadTask): Promise<ReadResult> {
    const leave = await this.#queue.enter(client.flow);
    const thread = this.#take();
    const began = performance.now();
    // A thread that is ended does not say what it has used: it is all of the time.
    let used: number | undefined;
    try {
      const { result, cpuMs } = await thread.read(task, this.limits.readMs);
      used = cpuMs;
      if ('refused' in result) throw refusalOf(result.refused);
      return result;
    } finally {
      client.spent(used ?? performance.now() - began);
      await this.#putBack(thread);
      leave();
    }
  }

  #take(): BodyThread {
    const [idle] = this.#idle;
    if (!idle) return new BodyThread(this.entry, this.limits.memoryMib);
    const [thread, timer] = idle;
    clearTimeout(timer);
    this.#idle.delete(thread);
    return thread;
  }

  async #putBack(thread: BodyThread): Promise<void> {
    if (thread.hasEnded) return;
    if (this.#isClosed) {
      await thread.end();
      return;
    }
    const timer = setTimeout(() => void this.#end(thread), this.limits.idleMs);
    timer.unref();
    this.#idle.set(thread, timer);
  }

  async #end(thread: BodyThread): Promise<void> {
    clearTimeout(this.#idle.get(thread));
    this.#idle.delete(thread);
    await thread.end();
  }
}
