import type { ReceivedRevisions } from './received-revisions.js';

/**
 * What a relay is doing. In every mode but `standby` it holds the relay's lock and the revisions that the bus has
 * brought.
 *
 * - `standby`: another replica leads, or Postgres cannot be reached. Holds nothing. Out: `elected`.
 * - `starting`: this replica leads from `received.position` on. It publishes the last change again and asks agents to
 *   list their pods. Out: `started`; `lost`, also when that fails: the lock is then given up and tried for again.
 * - `following`: waits until the journal reaches beyond what was received. Out: `behind`, `idle`, `failed`, `lost`.
 * - `publishing`: waits a moment for the writers, then reads the journal up to `target` and publishes what the bus has
 *   not brought. Out: `published`, `failed`, `lost`.
 * - `retrying`: waits after a failure, longer with every `failures` in a row. Out: `retried`; `elected`, when the
 *   journal is compacted beyond `received.position` (`isCompacted`), because then this relay begins again as a new one;
 *   `lost`.
 *
 * `streamsLost` leads from each of them back to `starting`: readers and agents have to find out what they missed.
 * `lost` comes when the lock is lost, the service stops, or `starting` fails.
 */
export type RelayMode =
  | { readonly name: 'standby' }
  | { readonly name: 'starting'; readonly received: ReceivedRevisions }
  | { readonly name: 'following'; readonly received: ReceivedRevisions; readonly failures: number }
  | {
      readonly name: 'publishing';
      readonly received: ReceivedRevisions;
      readonly failures: number;
      readonly target: number;
    }
  | {
      readonly name: 'retrying';
      readonly received: ReceivedRevisions;
      readonly failures: number;
      readonly isCompacted: boolean;
    };

export type RelayEvent =
  /** This replica leads, from the position of `received` on. */
  | { readonly type: 'elected'; readonly received: ReceivedRevisions }
  | { readonly type: 'started' }
  /** The journal reaches to `target`, beyond what was received. */
  | { readonly type: 'behind'; readonly target: number }
  /** The journal has nothing beyond what was received. */
  | { readonly type: 'idle' }
  | { readonly type: 'published' }
  | { readonly type: 'failed'; readonly isCompacted: boolean }
  | { readonly type: 'retried' }
  /** Streams have lost messages that readers and agents should have received. */
  | { readonly type: 'streamsLost' }
  | { readonly type: 'lost' };

export const STANDBY: RelayMode = { name: 'standby' };

/** The mode after an event. A pair that cannot occur keeps the mode. Pure. */
export function nextRelayMode(mode: RelayMode, event: RelayEvent): RelayMode {
  if (event.type === 'lost') return STANDBY;
  if (event.type === 'elected') return { name: 'starting', received: event.received };
  if (mode.name === 'standby') return mode;
  const { received } = mode;
  switch (event.type) {
    case 'started':
      return mode.name === 'starting' ? { name: 'following', received, failures: 0 } : mode;
    case 'behind':
      if (mode.name !== 'following') return mode;
      return { name: 'publishing', received, failures: mode.failures, target: event.target };
    case 'idle':
      if (mode.name !== 'following' || mode.failures === 0) return mode;
      return { name: 'following', received, failures: 0 };
    case 'published':
      return mode.name === 'publishing' ? { name: 'following', received, failures: 0 } : mode;
    case 'failed':
      if (mode.name !== 'following' && mode.name !== 'publishing') return mode;
      return { name: 'retrying', received, failures: mode.failures + 1, isCompacted: event.isCompacted };
    case 'streamsLost':
      return { name: 'starting', received };
    case 'retried':
      return mode.name === 'retrying' ? { name: 'following', received, failures: mode.failures } : mode;
  }
}
