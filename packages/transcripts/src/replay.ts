import { Bindings } from './compare/bindings.js';
import {
  type Answer,
  COMPARED_HEADERS,
  type Comparing,
  compareAnswers,
  type Difference,
} from './compare/compare-answers.js';
import { isTime } from './compare/server-made.js';
import { VersionHistory } from './compare/version-history.js';
import type { Body, Exchange, Json, Transcript } from './exchange.js';
import { isWatch } from './read/read-exchange.js';
import { type OutgoingRequest, outgoingRequest, textsIn } from './target/outgoing-request.js';
import { writerOf } from './target/writer.js';

/** A stream that stays open. `events` grows while it is. */
export interface OpenStream {
  readonly status: number;
  readonly headers: Answer['headers'];
  /**
   * Resolves when there are so many events, when the server has ended the stream, or after `withinMs` without a new
   * one.
   */
  gather(count: number, withinMs: number): Promise<Json[]>;
  /** Of an answer that is no stream, all of it. */
  readonly rest: Promise<Body> | undefined;
  close(): void;
}

/** An API server that requests are sent to. Any status is an answer; rejects when there is none. */
export interface Target {
  send(request: OutgoingRequest): Promise<Answer>;
  watch(request: OutgoingRequest): Promise<OpenStream>;
}

export interface Outcome {
  exchange: Exchange;
  /** From 1, in its file. */
  number: number;
  /** Undefined when it was skipped, or no answer came. */
  answer: Answer | undefined;
  differences: Difference[];
}

export interface ReplayOptions {
  ignore?: readonly string[];
  /** More headers to compare. */
  headers?: readonly string[];
  /** Which exchanges are compared. All are sent, as later ones live on what earlier ones made. */
  isCompared?: (exchange: Exchange, number: number) => boolean;
  /** How long a watch waits for the next of its recorded events, in ms. */
  patienceMs?: number;
  userAgent?: string;
}

const PATIENCE_MS = 1500;

/**
 * Sends the requests of a recording in order, each with our values in the place of the recorded ones, and compares the
 * answers. A watch whose events have not all come stays open beside the requests that follow, and is compared last.
 */
export async function replay(target: Target, transcript: Transcript, options: ReplayOptions = {}): Promise<Outcome[]> {
  const { patienceMs = PATIENCE_MS, isCompared = () => true } = options;
  const bindings = new Bindings();
  const sentTimes = new Set<string>();
  /** Times that the recording's server made, which a client may send back. */
  const answeredTimes = new Set<string>();
  const comparing: Comparing = {
    bindings,
    versions: new VersionHistory(),
    sentTimes,
    headers: [...COMPARED_HEADERS, ...(options.headers ?? [])],
    ignore: options.ignore ?? [],
  };
  const outcomes: Outcome[] = [];
  const waiting: (() => Promise<void>)[] = [];
  for (const [index, exchange] of transcript.exchanges.entries()) {
    const number = index + 1;
    const outcome: Outcome = { exchange, number, answer: undefined, differences: [] };
    outcomes.push(outcome);
    for (const text of textsIn(exchange.request.body)) {
      if (isTime(text) && !answeredTimes.has(text)) sentTimes.add(text);
    }
    for (const text of textsIn(exchange.answer?.body)) if (isTime(text)) answeredTimes.add(text);
    const compare = (answer: Answer): void => {
      outcome.answer = answer;
      const found = compareAnswers(exchange, answer, comparing);
      if (isCompared(exchange, number)) outcome.differences = found;
    };
    const request = outgoingRequest(exchange.request, bindings, options.userAgent ?? writerOf(exchange));
    try {
      if (!isWatch(exchange.request)) compare(await target.send(request));
      else {
        const finish = await beginWatch(target, request, exchange, patienceMs, compare);
        if (finish) waiting.push(finish);
      }
    } catch (error) {
      outcome.differences = [
        { path: '', recorded: 'an answer', ours: error instanceof Error ? error.message : String(error) },
      ];
    }
  }
  for (const finish of waiting) await finish();
  return outcomes;
}

/** Undefined when the watch has said all that it should; else what waits for the rest and compares. */
async function beginWatch(
  target: Target,
  request: OutgoingRequest,
  exchange: Exchange,
  patienceMs: number,
  compare: (answer: Answer) => void,
): Promise<(() => Promise<void>) | undefined> {
  const stream = await target.watch(request);
  const { status, headers } = stream;
  if (stream.rest) {
    compare({ status, headers, body: await stream.rest });
    return undefined;
  }
  const recorded = exchange.answer?.body;
  const count = recorded?.kind === 'events' ? recorded.events.length : 0;
  const gathered = async (): Promise<number> => {
    const events = await stream.gather(count, patienceMs);
    if (events.length < count) return events.length;
    stream.close();
    compare({ status, headers, body: { kind: 'events', events: events.slice(0, Math.max(count, 0)) } });
    return count;
  };
  if ((await gathered()) >= count) return undefined;
  return async () => {
    if ((await gathered()) >= count) return;
    const events = await stream.gather(count, 0);
    stream.close();
    compare({ status, headers, body: { kind: 'events', events } });
  };
}

export const isSame = ({ differences }: Outcome): boolean => differences.length === 0;
