import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import type { Presenter } from '../present.js';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';

/** One line of a watch stream. */
export function eventLine(type: WatchEventType, objectJson: string): Buffer {
  return Buffer.from(`{"type":"${type}","object":${objectJson}}\n`);
}

/**
 * Encodes each change once for each form, however many watch it: a thousand watchers of one kind get the same bytes.
 * What was encoded goes with the change it belongs to.
 */
export class EventEncoder {
  readonly #lines = new WeakMap<ObjectChange, Map<string, Buffer>>();

  encode(change: ObjectChange, type: WatchEventType, presenter: Presenter, object: CachedObject): Buffer {
    let lines = this.#lines.get(change);
    if (!lines) {
      lines = new Map();
      this.#lines.set(change, lines);
    }
    const form = `${type} ${presenter.form}`;
    let line = lines.get(form);
    if (!line) {
      line = eventLine(type, presenter.inEvent(object, false));
      lines.set(form, line);
    }
    return line;
  }
}
