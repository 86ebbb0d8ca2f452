import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import type { WatchEventType } from '../present/presenter.js';

/** What a change is to one watcher. `LEFT`: the object is still there, but not selected any more. */
export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'LEFT';

/** Undefined for a change that the watcher does not see. Source: apiserver storage/cacher, convertToWatchEvent. */
export function eventFor(
  { type, previous, current }: ObjectChange,
  matches: (object: CachedObject) => boolean,
): EventType | undefined {
  if (type === 'ADDED') return matches(current) ? 'ADDED' : undefined;
  const was = matches(previous ?? current);
  if (type === 'DELETED') return was ? 'DELETED' : undefined;
  if (matches(current)) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'LEFT' : undefined;
}

export const wireType = (type: EventType): WatchEventType => (type === 'LEFT' ? 'DELETED' : type);

/**
 * The object that stands in the event: one that left is shown as it last was when it was selected, at this revision.
 */
export function shownIn({ previous, current, revision }: ObjectChange, type: EventType): CachedObject {
  if (type !== 'LEFT' || !previous) return current;
  return previous.at(revision);
}
