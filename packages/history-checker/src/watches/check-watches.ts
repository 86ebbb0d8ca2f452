import { dueAfter, type StruckFault, struckFaults } from '../faults/struck-faults.js';
import type { Change, HistoryEntry, Violation } from '../history.js';
import { recoveryMs } from '../limits.js';
import { type ExpectedEvent, expectedEvents, expectedList } from './expected-events.js';
import type { WatchRecord, WatchScope } from './watch-record.js';

/** A watch that is open at the end of the run, which has recovered, has everything that is older than this, in ms. */
const DELIVERY_MS = 5000;
/** Clocks of the harness and of Postgres are one clock, read by two processes. */
const CLOCK_MS = 1000;

type Segment = {
  watch: string;
  scope: WatchScope;
  began: number;
  from: number;
  next: number;
  last: number;
  broken: boolean;
  late: boolean;
};

/**
 * Invariant 2. Each watch shows exactly the journal's changes after the revision where it began, in order, each once;
 * a bookmark follows everything up to its revision and nothing is ahead of the journal; a list is the state at its
 * revision; a watch that goes on to the end of the run is not behind. Each event is shown within the time of recovery
 * after its commit, the begin of the watch, and the heal of the faults of that time, whichever is the latest.
 */
export function checkWatches(history: readonly HistoryEntry[]): Violation[] {
  const changes = history.flatMap((entry) => (entry.entry === 'change' ? [entry] : []));
  // The record of a fault comes after what was seen meanwhile.
  const check = new WatchCheck(changes, struckFaults(history), recoveryMs(history));
  let end = 0;
  for (const entry of history) {
    if (entry.entry === 'watch') check.apply(entry);
    // Clients and watches stop together, and a client begins nothing after that.
    if (entry.entry === 'watch') end = Math.max(end, entry.at);
    if (entry.entry === 'operation') end = Math.max(end, entry.began);
  }
  check.finish(end);
  return check.violations;
}

class WatchCheck {
  readonly violations: Violation[] = [];
  readonly #changes: readonly Change[];
  readonly #faults: readonly StruckFault[];
  readonly #recoveryMs: number;
  readonly #expected = new Map<string, ExpectedEvent[]>();
  readonly #open = new Map<string, Segment>();

  constructor(changes: readonly Change[], faults: readonly StruckFault[], recovery: number) {
    this.#changes = changes;
    this.#faults = faults;
    this.#recoveryMs = recovery;
  }

  apply(record: WatchRecord): void {
    switch (record.what) {
      case 'list':
        this.#checkList(record);
        return;
      case 'resume':
        this.#begin(record);
        return;
      case 'event':
        this.#checkEvent(record);
        return;
      case 'bookmark':
        this.#checkBookmark(record);
        return;
      case 'end':
        this.#end(record);
        return;
    }
  }

  /** Whatever is still open has everything that was committed a while before the end. */
  finish(end: number): void {
    for (const segment of this.#open.values()) {
      const missing = this.#of(segment.scope)[segment.next];
      const due = missing && Math.max(missing.at, segment.began) + DELIVERY_MS;
      if (missing && due !== undefined && due < end && !segment.broken) {
        const late = Math.round(end - missing.at);
        this.#violate(segment, end, `has not shown revision ${missing.revision} (${missing.key}) within ${late} ms`);
      }
    }
  }

  #end({ watch, at }: Extract<WatchRecord, { what: 'end' }>): void {
    const segment = this.#open.get(watch);
    const missing = segment && this.#of(segment.scope)[segment.next];
    if (missing) this.#checkTime(segment, missing, at, 'has ended and not shown');
    this.#open.delete(watch);
  }

  /** Once for each segment: what comes behind a late event is late, too. */
  #checkTime(segment: Segment, { revision, key, seen }: ExpectedEvent, at: number, what: string): void {
    if (segment.broken || segment.late) return;
    const due = dueAfter(Math.max(seen, segment.began), this.#recoveryMs, this.#faults);
    if (at <= due) return;
    segment.late = true;
    const message = `${segment.watch} (from ${segment.from}) ${what} revision ${revision} (${key})`;
    const late = `${((at - seen) / 1000).toFixed(1)} s after its commit, ${((at - due) / 1000).toFixed(1)} s too late`;
    this.violations.push({ check: 'watch-late', message: `${message} ${late}`, at });
  }

  #begin({ watch, scope, at, revision }: Extract<WatchRecord, { what: 'resume' }>): void {
    const next = this.#of(scope).findIndex((event) => event.revision > revision);
    this.#open.set(watch, {
      watch,
      scope,
      began: at,
      from: revision,
      next: next < 0 ? this.#of(scope).length : next,
      last: revision,
      broken: false,
      late: false,
    });
  }

  #checkList(record: Extract<WatchRecord, { what: 'list' }>): void {
    const expected = expectedList(this.#changes, record.scope, record.revision);
    const listed = [...record.items].sort();
    const missing = expected.filter((item) => !listed.includes(item));
    const surplus = listed.filter((item) => !expected.includes(item));
    if (missing.length === 0 && surplus.length === 0) return;
    const what = `lists at revision ${record.revision} without ${missing.slice(0, 3)} and with ${surplus.slice(0, 3)}`;
    this.violations.push({ check: 'watch-list', message: `${record.watch}: ${what}`, at: record.at });
  }

  #checkEvent(record: Extract<WatchRecord, { what: 'event' }>): void {
    const segment = this.#open.get(record.watch);
    // After its first fault a segment is not followed: each later event would be one, too.
    if (!segment || segment.broken) return;
    const expected = this.#of(segment.scope)[segment.next];
    const { type, key, revision, value } = record;
    if (revision <= segment.last) {
      this.#violate(segment, record.at, `shows revision ${revision} after ${segment.last}`);
    } else if (expected?.revision !== revision || expected.type !== type || expected.key !== key) {
      const wanted = expected ? `${expected.type} ${expected.key} at ${expected.revision}` : 'nothing';
      this.#violate(segment, record.at, `shows ${type} ${key} at ${revision}, and the journal has ${wanted} there`);
    } else if (value !== undefined && value !== expected.value) {
      this.#violate(segment, record.at, `shows ${key} at ${revision} as ${value}; the journal has ${expected.value}`);
    }
    if (expected) this.#checkTime(segment, expected, record.at, 'shows');
    segment.next += 1;
    segment.last = revision;
  }

  #checkBookmark(record: Extract<WatchRecord, { what: 'bookmark' }>): void {
    const segment = this.#open.get(record.watch);
    if (!segment || segment.broken) return;
    const { revision, at } = record;
    const missing = this.#of(segment.scope)[segment.next];
    if (missing && missing.revision <= revision) {
      this.#violate(segment, at, `has a bookmark of ${revision} before the event of ${missing.revision}`);
    }
    const newest = this.#changes.at(-1);
    const first = this.#changes[0];
    const change = first && this.#changes[revision - first.revision];
    const ahead = change ? change.at > at + CLOCK_MS : newest !== undefined && revision > newest.revision;
    if (ahead) this.#violate(segment, at, `has a bookmark of ${revision} before that was committed`);
    segment.last = Math.max(segment.last, revision);
  }

  #of(scope: WatchScope): ExpectedEvent[] {
    const name = JSON.stringify(scope);
    const events = this.#expected.get(name) ?? expectedEvents(this.#changes, scope);
    this.#expected.set(name, events);
    return events;
  }

  #violate(segment: Segment, at: number, what: string): void {
    segment.broken = true;
    this.violations.push({ check: 'watch-order', message: `${segment.watch} (from ${segment.from}) ${what}`, at });
  }
}
