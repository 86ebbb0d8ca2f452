import type { StreamDeclaration } from '@everynode/contract';

/** What is known of a stream at one moment. */
export interface StreamMark {
  /** When the server created it: a text that differs for each creation. */
  created: string;
  /** How many messages it holds. */
  messages: number;
  /** The sequence of the oldest message that it holds, or of the next one when it is empty. */
  first: number;
  /** The sequence of the newest message that it ever held. */
  last: number;
  /** When that one was stored, in ms on this process's monotonic clock. */
  lastMs: number;
}

/** Messages that are younger than this, in ms, and gone did not grow old: they were purged. */
const RECENT_MS = 60_000;

/**
 * True when readers may have lost messages between two moments: the stream was deleted and declared again, or it was
 * purged. Streams that drop messages by themselves, because they were handled or replaced, are only lost as a whole.
 * Pure; `nowMs` is the time of `after`, on the same clock.
 */
export function hasLost(
  { retention, maxMessagesPerSubject }: StreamDeclaration,
  before: StreamMark,
  after: StreamMark | undefined,
  nowMs: number,
): boolean {
  if (!after || after.created !== before.created || after.last < before.last) return true;
  if (retention === 'workqueue' || maxMessagesPerSubject >= 0) return false;
  // A message that came after `before` is gone.
  if (after.first > before.last + 1) return true;
  return before.messages > 0 && after.first > before.last && nowMs - before.lastMs < RECENT_MS;
}
