import type { ObjectChange } from '@everynode/list-watch';
import type { Payload, Presenter } from '../present/presenter.js';
import { type EventType, shownIn, wireType } from './watch-event.js';

/** Encoded events that are kept for those who come later. */
const MOST_BYTES = 8 * 1024 * 1024;

/**
 * Encodes each change once for each form, however many watch it: a thousand watchers of one kind get the same bytes. The
 * newest are kept, up to a bound, for watchers that are behind.
 */
export class EventEncoder {
  readonly #events = new Map<ObjectChange, { forms: Map<string, Payload>; bytes: number }>();
  #bytes = 0;

  /** `keeps`: somebody else may want the same event. */
  encode(change: ObjectChange, type: EventType, presenter: Presenter, keeps: boolean): Payload {
    const form = `${type} ${presenter.form}`;
    const known = this.#events.get(change);
    const found = known?.forms.get(form);
    if (found) return found;
    const event = presenter.event(wireType(type), presenter.inEvent(shownIn(change, type), false));
    if (!keeps) return event;
    const entry = known ?? { forms: new Map<string, Payload>(), bytes: 0 };
    if (!known) this.#events.set(change, entry);
    entry.forms.set(form, event);
    entry.bytes += event.length;
    this.#bytes += event.length;
    for (const [oldest, { bytes }] of this.#events) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#events.delete(oldest);
      this.#bytes -= bytes;
    }
    return event;
  }
}
