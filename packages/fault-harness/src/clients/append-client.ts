import type { SeededRandom } from '../run/random.js';
import { type RunningClient, repeat } from './client.js';
import { nextOperation, type RecordedCalls } from './recorded-calls.js';

const ITEMS_PER_OBJECT = 30;
const PAUSE_MS = 120;

/** A client that appends to a list by JSON patch, which has no precondition: done twice, it shows. */
export function appendClient(name: string, calls: RecordedCalls, random: SeededRandom): RunningClient {
  let object = 0;
  let items = 0;
  let exists = false;
  return repeat(
    async () => {
      const id = nextOperation();
      const value = String(id);
      if (!exists) {
        // JSON patch appends to a list that exists.
        const list = `${value},${value}-first`;
        const { outcome } = await calls.perform(`${name}-${object}`, { do: 'create', value: list }, id);
        exists = outcome === 'ok' || outcome === 'exists';
        if (outcome === 'unknown') object += 1;
        return;
      }
      await calls.perform(`${name}-${object}`, { do: 'append', value }, id);
      items += 1;
      if (items % ITEMS_PER_OBJECT === 0) {
        object += 1;
        exists = false;
      }
    },
    () => PAUSE_MS * (0.5 + random.next()),
  );
}
