import type { PodEvent, PodStatusItem } from '@everynode/contract';
import type { PodReport } from '@everynode/pod-runtime';

/** Pods in one message. */
export const MAX_ITEMS = 500;
/** Characters of JSON in one message's items; the rest of a message is small. */
const MAX_CHARS = 480_000;

/** What identifies a pod on the bus. */
export type PodIdentity = Pick<PodStatusItem, 'namespace' | 'name' | 'uid' | 'node'>;

/** The latest report of one pod. It is kept while the pod runs, so that it can be sent again. */
export interface StatusEntry {
  identity: PodIdentity;
  status: PodReport['status'] | undefined;
  stopped: boolean;
  /** Number of the last report that was put into a message. */
  sequence: number;
  /** Whether the report says anything that the one of this number did not. */
  changed: boolean;
  /** Events that are in no message, or in one that was lost. */
  events: PodEvent[];
  /** The last message that has the report, while the store has not acknowledged it. */
  message: number | undefined;
  /** How often it was lost since the store has acknowledged a report. */
  losses: number;
}

/** What a message contains of an entry. */
export interface SentEntry {
  entry: StatusEntry;
  events: PodEvent[];
}

/** A message without its number. */
export interface StatusItems {
  sent: SentEntry[];
  items: string[];
}

/**
 * Moves as many waiting entries into one message as fit. It removes them from `waiting`, numbers the reports that say
 * something new, and takes their events; an entry that does not fit stays as it is.
 */
export function nextItems(waiting: Set<string>, entries: ReadonlyMap<string, StatusEntry>): StatusItems {
  const sent: SentEntry[] = [];
  const items: string[] = [];
  let chars = 0;
  for (const uid of waiting) {
    const entry = entries.get(uid);
    if (entry) {
      const sequence = entry.sequence + (entry.changed ? 1 : 0);
      const events = entry.events.map((event) => (event.sequence === undefined ? { ...event, sequence } : event));
      const item = JSON.stringify(itemOf(entry, sequence, events));
      if (items.length > 0 && chars + item.length > MAX_CHARS) break;
      entry.sequence = sequence;
      entry.changed = false;
      entry.events = [];
      sent.push({ entry, events });
      items.push(item);
      chars += item.length;
    }
    waiting.delete(uid);
    if (items.length >= MAX_ITEMS) break;
  }
  return { sent, items };
}

function itemOf({ identity, status, stopped }: StatusEntry, sequence: number, events: PodEvent[]): PodStatusItem {
  return {
    ...identity,
    sequence,
    ...(status && { status: status as Record<string, unknown> }),
    ...(stopped && { stopped: true }),
    ...(events.length > 0 && { events }),
  };
}
