import type { ObjectChange } from '@everynode/list-watch';
import type { Payload, Presenter } from '../present/presenter.js';
import { type EventType, shownIn, wireType } from './watch-event.js';

/** Encoded events that are kept for watchers that come later: characters of text, bytes of protobuf. */
const MAX_CHARS = 8 * 1024 * 1024;

/**
 * Encodes each change once for each form, however many watch it: a thousand watchers of one kind get the same bytes.
 * The newest are kept, up to a bound, for watchers that are behind.
 */
export class EventEncoder {
  readonly #events = new Map<ObjectChange, { forms: Map<string, Payload>; chars: number }>();
  #chars = 0;

  /** `keeps`: other watchers may need the same event, so it is cached. */
  encode(change: ObjectChange, type: EventType, presenter: Presenter, keeps: boolean): Payload {
    const form = `${type} ${presenter.form}`;
    const known = this.#events.get(change);
    const found = known?.forms.get(form);
    if (found) return found;
    const event = presenter.event(wireType(type), presenter.inEvent(shownIn(change, type), false));
    if (!keeps) return event;
    const entry = known ?? { forms: new Map<string, Payload>(), chars: 0 };
    if (!known) this.#events.set(change, entry);
    entry.forms.set(form, event);
    entry.chars += event.length;
    this.#chars += event.length;
    for (const [oldest, { chars }] of this.#events) {
      if (this.#chars <= MAX_CHARS) break;
      this.#events.delete(oldest);
      this.#chars -= chars;
    }
    return event;
  }
}
