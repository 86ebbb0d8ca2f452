import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import type { ApiError } from '@everynode/objects';
import { joined, type Payload, type Presenter } from '../present/presenter.js';
import type { Selection } from '../read/selection.js';
import { EventEncoder } from './event-encoder.js';
import { eventFor, shownIn, wireType } from './watch-event.js';
import type { Batch } from './watch-hub.js';

/** One for all watches of the process: they share what they encode. */
const encoder = new EventEncoder();

/** Writes the events of one watch, in the form that its client has asked for. */
export class WatcherEvents {
  readonly #selection: Selection;
  readonly #presenter: Presenter;
  /** Equal groups get equal bytes for equal changes. */
  readonly #group: string;
  readonly #hasCompany: () => boolean;
  #columnsSent = false;

  /** `hasCompany`: true when other watches may need the same events, which are then cached. */
  constructor(selection: Selection, presenter: Presenter, hasCompany: () => boolean) {
    this.#selection = selection;
    this.#hasCompany = hasCompany;
    this.#presenter = presenter;
    this.#group = `${presenter.form} ${selection.key}`;
  }

  get contentType(): string {
    return this.#presenter.watchContentType;
  }

  /** An object that was there at the beginning. */
  initial(object: CachedObject): Payload {
    const event = this.#presenter.event('ADDED', this.#presenter.inEvent(object, !this.#columnsSent));
    this.#columnsSent = true;
    return event;
  }

  /** The events of a batch after a revision. Watches with the same group share the bytes. */
  batch({ changes, encoded }: Batch, after: number): Buffer {
    const isShared = (changes[0]?.revision ?? 0) > after && (this.#columnsSent || !this.#presenter.columnsFirst);
    if (!isShared) return this.changes(changes, after);
    let bytes = encoded.get(this.#group);
    if (!bytes) {
      bytes = this.changes(changes, after);
      encoded.set(this.#group, bytes);
    }
    return bytes;
  }

  /**
   * The events of the changes after a revision. An object that leaves the selection is DELETED for this watch, one that
   * enters it is ADDED.
   */
  changes(changes: readonly ObjectChange[], after: number): Buffer {
    const keeps = this.#hasCompany();
    const events: Payload[] = [];
    for (const change of changes) {
      if (change.revision <= after) continue;
      const type = eventFor(change, (object) => this.#selection.matches(object));
      if (!type) continue;
      if (this.#presenter.columnsFirst && !this.#columnsSent) {
        this.#columnsSent = true;
        events.push(this.#presenter.event(wireType(type), this.#presenter.inEvent(shownIn(change, type), true)));
      } else events.push(encoder.encode(change, type, this.#presenter, keeps));
    }
    return joined(events);
  }

  bookmark(revision: number, annotations?: Record<string, string>): Payload {
    const metadata = {
      resourceVersion: String(revision),
      ...(annotations && { annotations }),
    };
    return this.#presenter.event('BOOKMARK', this.#presenter.bookmark(metadata));
  }

  error(error: ApiError): Payload {
    return this.#presenter.event('ERROR', this.#presenter.status(error.toStatus()));
  }
}
