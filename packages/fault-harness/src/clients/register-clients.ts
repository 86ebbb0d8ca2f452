import type { SeededRandom } from '../run/random.js';
import { type RunningClient, repeat } from './client.js';
import { nextOperation, type ObjectAction, type RecordedCalls } from './recorded-calls.js';

/** An object is used for so many operations: the search for a linear order grows with the operations on one object. */
const OPERATIONS_PER_OBJECT = 60;
const PAUSE_MS = 60;

/** The objects that several clients work on together, one generation after the other. */
export class SharedObjects {
  readonly #count: number;
  readonly #prefix: string;
  #used = 0;

  constructor(prefix: string, count: number) {
    this.#prefix = prefix;
    this.#count = count;
  }

  /** The name of an object to work on. */
  take(random: SeededRandom): string {
    this.#used += 1;
    const generation = Math.floor(this.#used / (OPERATIONS_PER_OBJECT * this.#count));
    return `${this.#prefix}-${generation}-${random.between(1, this.#count)}`;
  }
}

/**
 * A client that reads, creates, replaces with a precondition, replaces blindly and deletes: every object is a register
 * with versions.
 */
export function registerClient(calls: RecordedCalls, objects: SharedObjects, random: SeededRandom): RunningClient {
  /** The last revision that this client saw of each object. */
  const seen = new Map<string, number>();
  return repeat(
    async () => {
      const name = objects.take(random);
      const id = nextOperation();
      const action = chooseAction(random, String(id), seen.get(name));
      const { outcome, revision } = await calls.perform(name, action, id);
      if (outcome === 'ok' && revision !== undefined) seen.set(name, revision);
      else if (outcome !== 'refused') seen.delete(name);
    },
    () => PAUSE_MS * (0.5 + random.next()),
  );
}

function chooseAction(random: SeededRandom, value: string, seen: number | undefined): ObjectAction {
  if (seen === undefined) return random.chance(0.5) ? { do: 'create', value } : { do: 'read' };
  const dice = random.next();
  if (dice < 0.3) return { do: 'read' };
  if (dice < 0.65) return { do: 'put', value, expects: seen };
  if (dice < 0.9) return { do: 'put', value };
  return dice < 0.95 ? { do: 'delete', expects: seen } : { do: 'delete' };
}
