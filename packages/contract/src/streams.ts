import { subjects } from './subjects.js';

/**
 * Streams and durable consumers, declared once. Postgres is the only truth: a stream that is lost, or that dropped its
 * oldest messages, costs its readers a re-read and nothing else. Sizes are in bytes, ages in seconds.
 *
 * Only what nats-server 2.9 knows is used: one filter a consumer, no consumer metadata, no per-message TTL.
 */
export interface StreamDeclaration {
  name: string;
  subjects: string[];
  storage: 'file' | 'memory';
  /** `workqueue`: a message goes when its consumer has acknowledged it. `limits`: it goes by age and size. */
  retention: 'limits' | 'workqueue';
  maxBytes: number;
  maxAgeSeconds: number;
  /** Messages kept for each subject; -1 is no limit. */
  maxMessagesPerSubject: number;
  /** Window in which a message id is taken once, in seconds. */
  duplicateWindowSeconds: number;
}

const MiB = 1024 * 1024;

export const streams = {
  /** Object changes for watch caches and informers: a short tail in memory, since the journal in Postgres has it all. */
  journal: {
    name: 'EVERYNODE_JOURNAL',
    subjects: [subjects.objectsChanged],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 128 * MiB,
    maxAgeSeconds: 600,
    maxMessagesPerSubject: -1,
    duplicateWindowSeconds: 120,
  },
  /** Desired states that changed, for the controllers and for anybody who listens in. */
  manifests: {
    name: 'EVERYNODE_MANIFESTS',
    subjects: [subjects.allManifests],
    storage: 'file',
    retention: 'limits',
    maxBytes: 32 * MiB,
    maxAgeSeconds: 3600,
    maxMessagesPerSubject: -1,
    duplicateWindowSeconds: 120,
  },
  /** What agents report, each message until a scheduler has written it to Postgres. */
  reports: {
    name: 'EVERYNODE_REPORTS',
    subjects: [subjects.allReports],
    storage: 'file',
    retention: 'workqueue',
    maxBytes: 512 * MiB,
    maxAgeSeconds: 3600,
    maxMessagesPerSubject: -1,
    duplicateWindowSeconds: 120,
  },
  /** The last heartbeat of each agent: a scheduler that starts knows at once who was alive. */
  heartbeats: {
    name: 'EVERYNODE_HEARTBEATS',
    subjects: [subjects.allHeartbeats],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 64 * MiB,
    maxAgeSeconds: 120,
    maxMessagesPerSubject: 1,
    duplicateWindowSeconds: 120,
  },
  /** What agents are told. An agent that missed some asks for the whole list. */
  commands: {
    name: 'EVERYNODE_COMMANDS',
    subjects: [subjects.allCommands],
    storage: 'memory',
    retention: 'limits',
    maxBytes: 128 * MiB,
    maxAgeSeconds: 600,
    maxMessagesPerSubject: -1,
    duplicateWindowSeconds: 120,
  },
} as const satisfies Record<string, StreamDeclaration>;

export interface ConsumerDeclaration {
  stream: string;
  durable: string;
  filter: string;
  /** A message that nobody has said anything about for so long goes to another replica: how soon a dead one is made up for. */
  ackWaitSeconds: number;
  maxAckPending: number;
}

/** Durable consumers that the replicas of a service share: each message goes to one of them. */
export const consumers = {
  ingest: {
    stream: streams.reports.name,
    durable: 'ingest',
    filter: subjects.allReports,
    ackWaitSeconds: 2,
    maxAckPending: 2000,
  },
} as const satisfies Record<string, ConsumerDeclaration>;
