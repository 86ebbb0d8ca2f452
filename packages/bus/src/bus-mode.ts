/**
 * What a connection to NATS is good for.
 *
 * - `connecting`: there is no connection, and one is tried for. Out: `connected`.
 * - `opened`: the server answers, and JetStream has not been asked yet. Out: `answered`, `unanswered`, `missing`,
 *   `lost`.
 * - `ready`: JetStream answers and has the streams. Out: `unanswered`, `missing`, `lost`.
 * - `silent`: the server answers, but JetStream does not: it hangs, or it is off. Out: `answered`, `missing`, `lost`.
 * - `incomplete`: streams are missing, and are being declared. Out: `answered`, `unanswered`, `lost`.
 * - `closed`: the service has stopped. No way out.
 */
export type BusMode = 'connecting' | 'opened' | 'ready' | 'silent' | 'incomplete' | 'closed';

export type BusEvent =
  /** The server has accepted the connection. */
  | 'connected'
  /** JetStream has answered, and the streams are there. */
  | 'answered'
  /** JetStream did not answer in time, or answered with an error. */
  | 'unanswered'
  /** Streams are missing. */
  | 'missing'
  /** The connection is gone. */
  | 'lost'
  /** The service closes the connection for good. */
  | 'closed';

/** The mode after an event. An event that cannot occur in a mode keeps it. Pure. */
export function nextBusMode(mode: BusMode, event: BusEvent): BusMode {
  if (mode === 'closed' || event === 'closed') return 'closed';
  if (event === 'lost') return 'connecting';
  if (mode === 'connecting') return event === 'connected' ? 'opened' : mode;
  switch (event) {
    case 'connected':
      return mode;
    case 'answered':
      return 'ready';
    case 'unanswered':
      return 'silent';
    case 'missing':
      return 'incomplete';
  }
}

const TROUBLES: Record<BusMode, string | undefined> = {
  connecting: 'not connected',
  opened: 'JetStream has not answered yet',
  ready: undefined,
  silent: 'JetStream does not answer',
  incomplete: 'streams are missing',
  closed: 'closed',
};

/** Why messages may not come through; undefined when they do, as far as is known. */
export function troubleOf(mode: BusMode): string | undefined {
  return TROUBLES[mode];
}
