import { subjects } from './subjects.js';

/**
 * Streams and durable consumers, declared once. Postgres is the only truth: a stream that is lost, or that dropped its
 * oldest messages, costs its readers a re-read and nothing else. Sizes are in bytes, ages in seconds.
 *
 * All streams are in memory. A server whose disk is full hangs for good, and a file would save nothing: an agent
 * repeats what the store has not acknowledged.
 *
 * Only what nats-server 2.9 knows is used: one filter a consumer, no consumer metadata, no per-message TTL.
 */
export interface StreamDeclaration {
  name: string;
  subjects: string[];
  storage: 'memory';
  /**
   * `workqueue`: a message is removed when its consumer has acknowledged it. `limits`: it is removed by age and size.
   */
  retention: 'limits' | 'workqueue';
  maxBytes: number;
  maxAgeSeconds: number;
  /** Messages kept for each subject; -1 is no limit. */
  maxMessagesPerSubject: number;
  /** Larger messages are refused; -1 is no limit but the server's. */
  maxMessageBytes: number;
  /** Within this window, in seconds, a message id is stored once. */
  duplicateWindowSeconds: number;
}

const MiB = 1024 * 1024;

/** The most bytes of a heartbeat, its headers included. */
export const MAX_HEARTBEAT_BYTES = 128 * 1024;
/** What an agent may send of heartbeats, in KiB: those of ten thousand nodes with names of the greatest length. */
export const HEARTBEAT_ALLOWANCE = { perSecond: 256, atOnce: 4096 };

export const streams = {
  /**
   * Object changes for watch caches and informers: a short tail, because the journal in Postgres is complete.
   */
  journal: {
    name: 'EVERYNODE_JOURNAL',
    subjects: [subjects.objectsChanged],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 128 * MiB,
    maxAgeSeconds: 600,
    maxMessagesPerSubject: -1,
    maxMessageBytes: -1,
    duplicateWindowSeconds: 120,
  },
  /** Desired states that changed, for the controllers and for any other listener. */
  manifests: {
    name: 'EVERYNODE_MANIFESTS',
    subjects: [subjects.allManifests],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 32 * MiB,
    maxAgeSeconds: 3600,
    maxMessagesPerSubject: -1,
    maxMessageBytes: -1,
    duplicateWindowSeconds: 120,
  },
  /**
   * What agents report, each message until a scheduler has written it to Postgres. An agent leaves 64 reports of pods
   * unacknowledged, in messages of half a MiB. One that sends more than the stream keeps of a subject loses its own
   * oldest messages, and all of its messages together leave room for those of others.
   */
  reports: {
    name: 'EVERYNODE_REPORTS',
    subjects: [subjects.allReports],
    storage: 'memory',
    retention: 'workqueue',
    maxBytes: 320 * MiB,
    maxAgeSeconds: 3600,
    maxMessagesPerSubject: 128,
    maxMessageBytes: MiB,
    duplicateWindowSeconds: 120,
  },
  /**
   * The last heartbeat of each agent: a scheduler that starts knows at once which agents were alive. Each scheduler and
   * each api reads them all, so none is long.
   */
  heartbeats: {
    name: 'EVERYNODE_HEARTBEATS',
    subjects: [subjects.allHeartbeats],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 64 * MiB,
    maxAgeSeconds: 120,
    maxMessagesPerSubject: 1,
    maxMessageBytes: MAX_HEARTBEAT_BYTES,
    duplicateWindowSeconds: 120,
  },
  /** Commands to agents. An agent that missed some asks for the whole list. */
  commands: {
    name: 'EVERYNODE_COMMANDS',
    subjects: [subjects.allCommands],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 128 * MiB,
    maxAgeSeconds: 600,
    maxMessagesPerSubject: -1,
    maxMessageBytes: -1,
    duplicateWindowSeconds: 120,
  },
} as const satisfies Record<string, StreamDeclaration>;

export interface ConsumerDeclaration {
  stream: string;
  durable: string;
  filter: string;
  /**
   * A message that is not acknowledged for so long is delivered again; so this bounds the failover of a dead replica.
   */
  ackWaitSeconds: number;
  maxAckPending: number;
  /** A message that was delivered so often is given up. Its sender sends it again, where it still says something. */
  maxDeliver: number;
}

/** Durable consumers that the replicas of a service share: each message goes to one of them. */
export const consumers = {
  ingest: {
    stream: streams.reports.name,
    durable: 'ingest',
    filter: subjects.allReports,
    ackWaitSeconds: 2,
    maxAckPending: 10_000,
    maxDeliver: 30,
  },
} as const satisfies Record<string, ConsumerDeclaration>;
