import type { Answer, Exchange } from './exchange.js';
import type { OutgoingRequest } from './target/outgoing-request.js';
import type { Target } from './target/target.js';

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
