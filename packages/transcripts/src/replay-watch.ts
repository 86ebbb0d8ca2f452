import { type Answer, type Exchange, isObject, type Json } from './exchange.js';
import type { OutgoingRequest } from './target/outgoing-request.js';
import type { Target } from './target/target.js';

/** How long a watch that has sent all recorded events may send another one, in ms. */
const EXTRA_MS = 100;

/**
 * Opens a watch, and compares it when all recorded events have come. Resolves with undefined then; else with a function
 * that waits for the rest and compares what there is.
 */
export async function beginWatch(
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
    // One more may come at once: what the server has to send without a further request is on its way by then.
    const all = await stream.gather(count + 1, EXTRA_MS);
    stream.close();
    compare({ status, headers, body: { kind: 'events', events: withoutExtraBookmarks(all, count) } });
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

/** Bookmarks change nothing, and recordings lack some: those of tables were once left out. */
const withoutExtraBookmarks = (events: Json[], count: number): Json[] =>
  events.filter((event, at) => at < count || !isObject(event) || event.type !== 'BOOKMARK');
