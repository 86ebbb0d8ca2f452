import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import type { Presenter, WatchEventType } from '../present/presenter.js';

/**
 * Encodes each change once for each form, however many watch it: a thousand watchers of one kind get the same bytes.
 * What was encoded goes with the change it belongs to.
 */
export class EventEncoder {
  readonly #events = new WeakMap<ObjectChange, Map<string, Buffer>>();

  encode(change: ObjectChange, type: WatchEventType, presenter: Presenter, object: CachedObject): Buffer {
    let events = this.#events.get(change);
    if (!events) {
      events = new Map();
      this.#events.set(change, events);
    }
    const form = `${type} ${presenter.form}`;
    let event = events.get(form);
    if (!event) {
      event = presenter.event(type, presenter.inEvent(object, false));
      events.set(form, event);
    }
    return event;
  }
}
