import type { Operation } from '../history.js';
import { NO_OBJECT, type Register, step } from './register-model.js';

/** The search gives up after so many steps: the history is too concurrent to decide. */
const MAX_STEPS = 2_000_000;

export type Linearization = 'linearizable' | 'not linearizable' | 'undecided';

/** A call or a return of an operation, in a list in the order of time. */
interface Event {
  /** Position of the operation. */
  index: number;
  /** Of a call: its return; missing for an operation without an answer, which may be done later, or never. */
  returns: Event | undefined;
  isCall: boolean;
  before: Event | undefined;
  after: Event | undefined;
}

/**
 * Whether operations on one object can be put in an order in which each has its effect at one moment between its call
 * and its return, and ends as it did. Source: Wing and Gong 1993 with Lowe's memoisation, as in Porcupine
 * (`checkSingle`): calls are tried in turn and taken out of the list; a return that is reached undoes the last one.
 */
export function linearize(operations: readonly Operation[]): Linearization {
  return new Search(operations.filter(({ outcome }) => outcome !== 'refused')).run();
}

class Search {
  readonly #operations: readonly Operation[];
  readonly #head: Event = { index: -1, returns: undefined, isCall: false, before: undefined, after: undefined };
  readonly #taken: { call: Event; register: Register }[] = [];
  /** What has been tried: the operations that are done, and the register after them. */
  readonly #seen = new Set<string>();
  #done = 0n;
  #register = NO_OBJECT;
  /** Operations with an answer that are not done yet. */
  #left: number;

  constructor(operations: readonly Operation[]) {
    this.#operations = operations;
    this.#left = operations.filter(isAnswered).length;
    link(this.#head, operations);
  }

  run(): Linearization {
    let event = this.#head.after;
    for (let steps = 0; this.#left > 0; steps += 1) {
      if (steps > MAX_STEPS) return 'undecided';
      if (event?.isCall) {
        event = this.#take(event) ? this.#head.after : event.after;
        continue;
      }
      // A return is reached, or the end: no call before it can be the next one.
      const last = this.#taken.pop();
      if (!last) return 'not linearizable';
      this.#undo(last);
      event = last.call.after;
    }
    return 'linearizable';
  }

  #take(call: Event): boolean {
    const operation = this.#operations[call.index];
    const register = operation && step(this.#register, operation);
    // Without an effect, an operation without an answer may as well never be done.
    if (!register || (register === this.#register && !call.returns)) return false;
    const done = this.#done | (1n << BigInt(call.index));
    const state = `${done} ${register.value} ${register.revision} ${register.newest}`;
    if (this.#seen.has(state)) return false;
    this.#seen.add(state);
    this.#taken.push({ call, register: this.#register });
    this.#register = register;
    this.#done = done;
    if (call.returns) this.#left -= 1;
    unlink(call);
    if (call.returns) unlink(call.returns);
    return true;
  }

  #undo({ call, register }: { call: Event; register: Register }): void {
    this.#register = register;
    this.#done &= ~(1n << BigInt(call.index));
    if (call.returns) this.#left += 1;
    if (call.returns) relink(call.returns);
    relink(call);
  }
}

function isAnswered({ outcome }: Operation): boolean {
  return outcome !== 'unknown';
}

/** Puts calls and returns in the order of time behind `head`. At one time calls come first: they are concurrent. */
function link(head: Event, operations: readonly Operation[]): void {
  const events: { at: number; event: Event }[] = [];
  for (const [index, operation] of operations.entries()) {
    const call: Event = { index, returns: undefined, isCall: true, before: undefined, after: undefined };
    events.push({ at: operation.began, event: call });
    if (!isAnswered(operation)) continue;
    call.returns = { index, returns: undefined, isCall: false, before: undefined, after: undefined };
    events.push({ at: operation.ended, event: call.returns });
  }
  events.sort((one, other) => one.at - other.at || Number(other.event.isCall) - Number(one.event.isCall));
  let last = head;
  for (const { event } of events) {
    last.after = event;
    event.before = last;
    last = event;
  }
}

function unlink({ before, after }: Event): void {
  if (before) before.after = after;
  if (after) after.before = before;
}

/** Undoes {@link unlink}; the last one that was taken out goes in first. */
function relink(event: Event): void {
  if (event.before) event.before.after = event;
  if (event.after) event.after.before = event;
}
