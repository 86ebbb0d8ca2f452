import type { PodEvent, PodStatusItem } from '@everynode/contract';
import type { PodReport } from '../runtime/runtime.js';

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
  /** Events that are in no message yet. */
  events: PodEvent[];
}

/** A message, and what it contains of each entry. */
export interface StatusMessage {
  sent: { entry: StatusEntry; events: PodEvent[]; sequence: number }[];
  body: string;
}

/**
 * Moves as many waiting entries into one message as fit. It removes them from `waiting`, numbers their reports and
 * takes their events; an entry that does not fit stays as it is.
 */
export function nextMessage(
  incarnation: number,
  waiting: Set<string>,
  entries: ReadonlyMap<string, StatusEntry>,
): StatusMessage {
  const sent: StatusMessage['sent'] = [];
  const items: string[] = [];
  let chars = 0;
  for (const uid of waiting) {
    const entry = entries.get(uid);
    if (entry) {
      const item = JSON.stringify(itemOf(entry));
      if (items.length > 0 && chars + item.length > MAX_CHARS) break;
      const { events } = entry;
      entry.sequence += 1;
      entry.events = [];
      sent.push({ entry, events, sequence: entry.sequence });
      items.push(item);
      chars += item.length;
    }
    waiting.delete(uid);
    if (items.length >= MAX_ITEMS) break;
  }
  return { sent, body: `{"incarnation":${incarnation},"pods":[${items.join(',')}]}` };
}

function itemOf({ identity, status, stopped, sequence, events }: StatusEntry): PodStatusItem {
  return {
    ...identity,
    sequence: sequence + 1,
    ...(status && { status: status as Record<string, unknown> }),
    ...(stopped && { stopped: true }),
    ...(events.length > 0 && { events }),
  };
}
