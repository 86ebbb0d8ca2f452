import { commonSpans, overlaps, type Span, type StruckFault, struckFaults } from '../faults/struck-faults.js';
import type { HistoryEntry } from '../history.js';

/** What the harness sees may be so much later than what happened, in ms: it is one busy process. */
const SLACK_MS = 500;
/** The supervisor, which is the front door, takes connections again so soon after its heal, in ms. */
const DOOR_OPENS_MS = 1000;

const isApi = (process: string): boolean => process.startsWith('api-');

/** When processes that clients talk to were down, and what that excuses. */
export class Outages {
  /** No process of the front door: nothing is accepted. */
  readonly door: readonly Span[];
  /** No replica of the api runs and reaches the store, while faults last. */
  readonly allStopped: readonly Span[];
  readonly #newMayBreak: readonly Span[];
  readonly #openMayBreak: readonly Span[];
  readonly #noReplica: readonly Span[];

  constructor(history: readonly HistoryEntry[]) {
    const faults = struckFaults(history);
    const doors = faults.filter(({ down }) => down.includes('supervisor'));
    const ofApis = faults.filter(({ down }) => down.some(isApi));
    this.door = doors.map(({ from, healed }) => ({ from, to: healed + DOOR_OPENS_MS + SLACK_MS }));
    this.#newMayBreak = [...this.door, ...faults.flatMap(breakingSpans)];
    this.#openMayBreak = [...doors, ...ofApis].map(untilReady);
    const apis = history.flatMap((entry) => (entry.entry === 'run' ? entry.apis : []));
    const downs = apis.map((api) => ofApis.filter(({ down }) => down.includes(api)));
    this.#noReplica = [...this.door, ...commonSpans(downs.map((group) => group.map(untilReady)))];
    const useless = apis.map((api) => faults.filter((fault) => fault.down.includes(api) || isCutOff(fault, api)));
    this.allStopped = commonSpans(useless.map((group) => group.map(({ from, healed }) => ({ from, to: healed }))));
  }

  /** Whether a connection may break, or bring no answer, between two times. */
  excusesConnection(isReused: boolean, time: Span): boolean {
    return (isReused ? this.#openMayBreak : this.#newMayBreak).some((span) => overlaps(span, time));
  }

  /** Whether no replica may have been there to answer, from a strike until every process was ready again. */
  excusesNoReplica(time: Span): boolean {
    return this.#noReplica.some((span) => overlaps(span, time));
  }
}

function isCutOff({ effects, target }: StruckFault, api: string): boolean {
  return effects.cutsOff && target === api;
}

function untilReady({ from, ready }: StruckFault): Span {
  return { from, to: ready + SLACK_MS };
}

/** A new connection may go to an api that has just ended or stopped, until the front door notices. */
function breakingSpans({ spans, effects, healing, healed }: StruckFault): Span[] {
  const { newConnectionsMs } = effects;
  if (newConnectionsMs === 0) return [];
  const last = newConnectionsMs + SLACK_MS;
  return [...spans, { from: healing, to: healed }].map(({ from, to }) => ({ from, to: to + last }));
}
