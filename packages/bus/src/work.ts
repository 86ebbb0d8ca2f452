import { agentOfSubject } from '@everynode/contract';
import { backoffMs } from '@everynode/service-shell';
import type { JsMsg } from '@nats-io/jetstream';
import { type Consuming, consumeForever, IDLE_HEARTBEAT_MS, watchDelivery } from './consuming.js';
import { Delays } from './delays.js';
import { type Delivery, deliveryOf } from './delivery.js';
import { type ShareLimits, Shares } from './shares.js';

/** Messages of a durable consumer that the client fetches ahead. */
const PULLED_AHEAD = 16;
/** How often the server learns that a message is still worked on: well within any consumer's ackWaitSeconds. */
const WORKING_MS = 500;
/** A message of a sender of which too many wait comes again after this time, in ms. */
const LATER_MS = 1000;
/** The longest time after which a message comes again because its sender has sent too much, in ms. */
const LATEST_MS = 5000;

/** How many messages of a durable consumer one process handles at once, and how often it tries one. */
export interface WorkLimits extends ShareLimits {
  /** After so many deliveries a message is given up. Without a number it is tried for ever. */
  tries?: number;
}

/** What is done with a message. */
export interface Worker {
  /** Handles a message. When it rejects, the message comes again. */
  handle(delivery: Delivery): Promise<void>;
  /** Called for a message that could not be handled after the last try, or whose sender has sent too many. */
  onGivenUp?(delivery: Delivery): void;
  /** Before a message is read: the time in ms until its sender may send it, 0 when it may now. Always by default. */
  waitMs?(subject: string, bytes: number): number;
  /** Called for a message whose sender has sent too many: it comes again later, or not at all. */
  onLimited?(subject: string, what: 'delayed' | 'dropped'): void;
}

/** See `Bus.work`. */
export function work(
  consuming: Consuming,
  stream: string,
  durable: string,
  limits: WorkLimits,
  worker: Worker,
): Promise<void> {
  return consumeForever(consuming, { stream, durable }, async ({ js }, onStarted) => {
    const consumer = await js.consumers.get(stream, durable);
    // Few, because what waits in the client is unknown to the server's timer. By number and not by bytes: on
    // nats-server 2.9 a consumer that pulls by bytes is seen to have no pull outstanding, for half a minute.
    const messages = await consumer.consume({
      max_messages: PULLED_AHEAD,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      abort_on_missing_resource: true,
    });
    const stop = watchDelivery(consuming, stream, messages);
    const turns = new Turns(consuming, limits, worker);
    try {
      onStarted();
      for await (const message of messages) {
        turns.add(message);
        await turns.room();
      }
    } finally {
      stop();
      await turns.end();
    }
  });
}

/** Handles the messages of one consumer, each sender's in its turn, several at once. */
class Turns {
  readonly #log: Consuming['log'];
  readonly #limits: WorkLimits;
  readonly #worker: Worker;
  readonly #shares: Shares<JsMsg>;
  readonly #running = new Set<Promise<void>>();
  /** Messages that are handled, or wait for it. */
  readonly #underWay = new Set<JsMsg>();
  readonly #sayWorking: NodeJS.Timeout;
  readonly #delays = new Delays();
  #isEnding = false;

  constructor({ log }: Consuming, limits: WorkLimits, worker: Worker) {
    this.#log = log;
    this.#limits = limits;
    this.#worker = worker;
    this.#shares = new Shares(limits);
    this.#sayWorking = setInterval(() => {
      for (const message of this.#underWay) message.working();
      this.#delays.forget(performance.now());
    }, WORKING_MS);
  }

  add(message: JsMsg): void {
    // The subject names the sender, since the credential of an agent allows it no other subject.
    const sender = agentOfSubject(message.subject) ?? '';
    const waitMs = this.#worker.waitMs?.(message.subject, message.data.length) ?? 0;
    if (waitMs === 0 && this.#shares.add(sender, message, message.data.length)) {
      this.#underWay.add(message);
      this.#start();
    } else this.#later(sender, message, Math.min(Math.max(waitMs, LATER_MS), LATEST_MS));
  }

  /**
   * Sends a message of a sender that has sent too much away: for a while, or for good when many are away already. The
   * sender sends again what still says something.
   */
  #later(sender: string, message: JsMsg, ms: number): void {
    const now = performance.now();
    const isDelayed = this.#delays.add(sender, now + ms, now);
    this.#worker.onLimited?.(message.subject, isDelayed ? 'delayed' : 'dropped');
    if (isDelayed) this.#again(message, ms);
    else message.term();
  }

  /** Resolves when another message may be added. */
  async room(): Promise<void> {
    while (!this.#shares.hasRoom && this.#running.size > 0) await Promise.race(this.#running);
  }

  /** Resolves when nothing is handled any more. What waits is left: the server sends it to another process. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await Promise.allSettled(this.#running);
    clearInterval(this.#sayWorking);
  }

  #start(): void {
    while (!this.#isEnding) {
      const next = this.#shares.take();
      if (!next) return;
      const { sender, value: message, bytes } = next;
      const done: Promise<void> = this.#handle(message).finally(() => {
        this.#running.delete(done);
        this.#underWay.delete(message);
        this.#shares.done(sender, bytes);
        this.#start();
      });
      this.#running.add(done);
    }
  }

  async #handle(message: JsMsg): Promise<void> {
    try {
      await this.#worker.handle(deliveryOf(message));
    } catch (err) {
      const { subject, info } = message;
      this.#log.warn({ err, subject, deliveries: info.deliveryCount }, 'a message could not be handled');
      this.#again(message, backoffMs(info.deliveryCount));
      return;
    }
    message.ack();
  }

  /** Has a message delivered again after a time, unless it was delivered often enough. */
  #again(message: JsMsg, ms: number): void {
    if (message.info.deliveryCount < (this.#limits.tries ?? Number.POSITIVE_INFINITY)) {
      // The server wants whole nanoseconds: with a fraction of one it sends the message again at once.
      message.nak(Math.ceil(ms));
      return;
    }
    this.#log.warn({ subject: message.subject }, 'a message was given up');
    this.#worker.onGivenUp?.(deliveryOf(message));
    message.term();
  }
}
