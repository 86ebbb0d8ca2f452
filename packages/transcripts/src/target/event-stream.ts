import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import type { Headers, Json } from '../exchange.js';
import { isPeriodicBookmark } from './periodic-bookmark.js';
import type { OpenStream } from './target.js';

/** A watch that answers with lines of JSON. Periodic bookmarks are left out. */
export class EventStream implements OpenStream {
  readonly status = 200;
  readonly rest = undefined;
  readonly #events: Json[] = [];
  readonly #response: IncomingMessage;
  #ended = false;
  #onChange: () => void = () => undefined;

  constructor(
    response: IncomingMessage,
    readonly headers: Headers,
  ) {
    this.#response = response;
    const lines = createInterface({ input: response });
    lines.on('line', (line) => {
      if (line.trim() === '') return;
      const event = JSON.parse(line) as Json;
      if (isPeriodicBookmark(event)) return;
      this.#events.push(event);
      this.#onChange();
    });
    const end = (): void => {
      this.#ended = true;
      this.#onChange();
    };
    // A connection that breaks ends the stream: what waits for more events must not wait on.
    response.on('error', end);
    lines.on('error', end);
    lines.on('close', end);
  }

  gather(count: number, withinMs: number): Promise<Json[]> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const done = (): void => {
        clearTimeout(timer);
        this.#onChange = () => undefined;
        resolve([...this.#events]);
      };
      const look = (): void => {
        clearTimeout(timer);
        if (this.#ended || this.#events.length >= count) done();
        else timer = setTimeout(done, withinMs);
      };
      this.#onChange = look;
      look();
    });
  }

  close(): void {
    this.#response.destroy();
  }
}
