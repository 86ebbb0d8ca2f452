import { Bindings } from './compare/bindings.js';
import { COMPARED_HEADERS, type Comparing, compareAnswers } from './compare/compare-answers.js';
import type { Difference } from './compare/difference.js';
import { isTime } from './compare/server-made.js';
import { VersionHistory } from './compare/version-history.js';
import type { Answer, Exchange, Transcript } from './exchange.js';
import { isWatch } from './read/read-exchange.js';
import { beginWatch } from './replay-watch.js';
import { outgoingRequest, textsIn } from './target/outgoing-request.js';
import type { Target } from './target/target.js';
import { writerOf } from './target/writer.js';

export interface Outcome {
  exchange: Exchange;
  /** Position in its file, from 1. */
  number: number;
  /** Undefined when it was skipped, or no answer came. */
  answer: Answer | undefined;
  differences: Difference[];
}

export interface ReplayOptions {
  ignore?: readonly string[];
  /** Headers to compare besides the usual ones. */
  headers?: readonly string[];
  /** Which exchanges are compared. All are sent: later ones need what earlier ones have made. */
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
  /** Times that the recorded server made; a client may send them back. */
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

export const isSame = ({ differences }: Outcome): boolean => differences.length === 0;
