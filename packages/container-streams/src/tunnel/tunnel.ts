import type { Readable, Writable } from 'node:stream';
import { InChannel, OutChannel } from './channels.js';
import { CHANNELS, creditOf, creditPayload, FRAME, type Frame } from './frame.js';
import {
  type Refusal,
  type Result,
  refusalOf,
  refusalPayload,
  resultOf,
  resultPayload,
  textOf,
  textPayload,
} from './outcomes.js';

/** The tunnel was not opened. */
export class TunnelRefusedError extends Error {
  override readonly name = 'TunnelRefusedError';
  readonly retryable = false;

  constructor(readonly refusal: Refusal) {
    super(refusal.message);
  }
}

/** The tunnel was over before its end. */
export class TunnelLostError extends Error {
  override readonly name = 'TunnelLostError';
  readonly retryable = false;
}

const EMPTY = Buffer.alloc(0);

/** Sends one frame. Returns a promise where the sender has to wait before the next one. */
export type SendFrame = (frame: Frame) => Promise<void> | undefined;

/** One end of a tunnel. Both ends are alike; only an agent accepts, refuses and finishes. */
export class Tunnel {
  readonly id: string;
  readonly #send: SendFrame;
  readonly #onOver: () => void;
  readonly #ins: InChannel[];
  readonly #outs: OutChannel[];
  #sent = 0;
  #received = 0;
  #isOver = false;
  #isAccepted = false;
  #settleOpened: { resolve: () => void; reject: (error: Error) => void } = { resolve: () => {}, reject: () => {} };
  #settleResult: { resolve: (result: Result) => void; reject: (error: Error) => void } = {
    resolve: () => {},
    reject: () => {},
  };
  /** Resolves when the agent has accepted. @throws TunnelRefusedError, TunnelLostError */
  readonly opened: Promise<void>;
  /** Resolves when all was sent. @throws TunnelLostError */
  readonly result: Promise<Result>;

  constructor(id: string, send: SendFrame, onOver: () => void) {
    this.id = id;
    this.#send = send;
    this.#onOver = onOver;
    this.#ins = Array.from(
      { length: CHANNELS },
      (_, channel) => new InChannel((bytes) => void this.#frame(FRAME.credit, channel, creditPayload(bytes))),
    );
    this.#outs = Array.from(
      { length: CHANNELS },
      (_, channel) =>
        new OutChannel(
          (payload) => this.#frame(FRAME.data, channel, payload),
          () => void this.#frame(FRAME.end, channel, EMPTY),
        ),
    );
    this.opened = new Promise((resolve, reject) => {
      this.#settleOpened = { resolve, reject };
    });
    this.result = new Promise((resolve, reject) => {
      this.#settleResult = { resolve, reject };
    });
    // Each end looks at the one that it needs; a tunnel that is lost is no failure of the process.
    this.opened.catch(() => undefined);
    this.result.catch(() => undefined);
  }

  readable(channel: number): Readable {
    return this.#channel(this.#ins, channel).readable;
  }

  writable(channel: number): Writable {
    return this.#channel(this.#outs, channel).writable;
  }

  #channel<T>(channels: readonly T[], channel: number): T {
    const found = channels[channel];
    if (!found) throw new RangeError(`a tunnel has no channel ${channel}`);
    return found;
  }

  /** Whether the agent has accepted it. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  accept(): void {
    this.#isAccepted = true;
    void this.#frame(FRAME.accepted, 0, EMPTY);
    this.#settleOpened.resolve();
  }

  refuse(refusal: Refusal): void {
    void this.#frame(FRAME.refused, 0, refusalPayload(refusal));
    this.#over(new TunnelLostError(refusal.message));
  }

  /** To be called when all channels on which the agent sends are at their end. */
  finish(result: Result): void {
    void this.#frame(FRAME.finished, 0, resultPayload(result));
    this.#settleResult.resolve(result);
    this.#over(undefined);
  }

  /** Sends what changes nothing: an end that does not know the tunnel says so. */
  probe(): void {
    void this.#frame(FRAME.credit, 0, creditPayload(0));
  }

  /** Ends it before its end, and says so to the other end. */
  abort(reason: string): void {
    if (this.#isOver) return;
    void this.#frame(FRAME.gone, 0, textPayload(reason));
    this.lose(reason);
  }

  /** It has ended before its end, and the other end knows or cannot be reached. */
  lose(reason: string): void {
    this.#over(new TunnelLostError(reason));
  }

  /** @throws SyntaxError for what is not understood. */
  receive({ type, sequence, channel, payload }: Frame): void {
    if (this.#isOver) return;
    if (type === FRAME.gone) {
      this.lose(textOf(payload));
      return;
    }
    if (sequence !== this.#received + 1) {
      this.abort('a message of the tunnel was lost');
      return;
    }
    this.#received = sequence;
    switch (type) {
      case FRAME.accepted:
        this.#settleOpened.resolve();
        break;
      case FRAME.refused:
        this.#settleOpened.reject(new TunnelRefusedError(refusalOf(payload)));
        this.#over(new TunnelLostError('refused'));
        break;
      case FRAME.data:
        if (!this.#ins[channel]?.receive(payload)) this.abort('the other end has sent more than it may');
        break;
      case FRAME.end:
        this.#ins[channel]?.end();
        break;
      case FRAME.credit:
        this.#outs[channel]?.credit(creditOf(payload));
        break;
      case FRAME.finished:
        this.#settleResult.resolve(resultOf(payload));
        this.#over(undefined);
        break;
      default:
        this.abort('the other end does not speak this protocol');
    }
  }

  #frame(type: number, channel: number, payload: Buffer): Promise<void> | undefined {
    if (this.#isOver) return undefined;
    this.#sent += 1;
    return this.#send({ type, tunnel: this.id, sequence: this.#sent, channel, payload });
  }

  /** In order without an error: what was received is still read. */
  #over(error: TunnelLostError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onOver();
    for (const channel of this.#ins) {
      if (error) channel.fail(error);
      else channel.end();
    }
    const lost = error ?? new TunnelLostError('the tunnel is over');
    for (const channel of this.#outs) channel.fail(lost);
    this.#settleOpened.reject(lost);
    this.#settleResult.reject(lost);
  }
}
