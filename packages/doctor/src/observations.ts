/** What the doctor has seen of a cluster. Plain data: `diagnose` needs nothing else, and tests write it by hand. */
export interface Observations {
  /** When, in ms since the epoch. */
  at: number;
  supervisor: SupervisorObservation;
  servers: ServerObservation[];
  processes: ProcessObservation[];
  postgres: PostgresObservation;
  nats: NatsObservation;
  api: ApiObservation;
}

/** `not asked`: the cluster was not started by the local stack. */
export type SupervisorObservation =
  | { kind: 'not asked' }
  | { kind: 'absent' }
  | { kind: 'silent'; pid: number }
  | { kind: 'answers'; phase: string; detail: string };

/** Postgres or NATS, as the supervisor keeps it. Times are RFC 3339 texts. */
export interface ServerObservation {
  name: string;
  state: string;
  since: string | null;
  restarts: number;
  lastExit: { how: string; at: string } | null;
}

export type Role = 'api' | 'scheduler' | 'agent';

export interface ProcessObservation {
  name: string;
  role: Role;
  pid: number | null;
  /** As the supervisor has it; undefined when that was not asked or does not answer. */
  state?: string;
  since?: string;
  lastExit?: { how: string; at: string } | null;
  log?: string;
  /** Of an agent. */
  nodes?: number;
  health: HealthObservation;
}

/** `silent`: its health port did not answer within 2 s, though the process is there. `gone`: there is no process. */
export type HealthObservation =
  | { kind: 'gone' }
  | { kind: 'silent' }
  | {
      kind: 'answers';
      checks: CheckObservation[];
      /** Samples of `/metrics` without labels, by name, about a second before `metrics`. */
      metricsBefore: Record<string, number>;
      metrics: Record<string, number>;
      /** Its clock minus that of the doctor, in seconds. */
      clockSkewSeconds: number;
    };

/** A line of `/readyz?verbose`. */
export interface CheckObservation {
  name: string;
  state: 'ok' | 'degraded' | 'failed';
  reason: string;
  since: string | null;
}

export type PostgresObservation =
  | { kind: 'not asked' }
  | { kind: 'unreachable' | 'silent'; message: string }
  /** It answers with an error: its SQLSTATE. */
  | { kind: 'refuses'; code: string; message: string }
  | {
      kind: 'answers';
      tookMs: number;
      connections: number;
      maxConnections: number;
      /** The session that holds the counter row, when its transaction is older than a second. */
      holder: { pid: number; application: string; state: string; seconds: number; blocked: number } | null;
      /** The newest revision, twice: when the look began and about a second later. */
      revisions: [number, number];
      /** Names of schedulers of which two processes renew leases. */
      twins: string[];
      /** Free space of the file system with the data, in bytes; null when it cannot be seen from here. */
      freeBytes: number | null;
    };

export type NatsObservation =
  | { kind: 'not asked' }
  | { kind: 'unreachable' | 'silent'; message: string }
  /** It accepts connections, and JetStream does not answer. */
  | { kind: 'no jetstream'; message: string }
  | {
      kind: 'answers';
      tookMs: number;
      missingStreams: string[];
      /** Reports that wait for a scheduler, twice about a second apart; null without the consumer. */
      reportsPending: [number, number] | null;
      /** The newest revision that was published, twice about a second apart; null when none is in the stream. */
      published: [number | null, number | null];
      freeBytes: number | null;
    };

export type ApiObservation =
  | { kind: 'not asked' }
  | { kind: 'refused' | 'cut' | 'silent'; message: string }
  /** The front door answers in place of a replica. */
  | { kind: 'no replica' }
  | {
      kind: 'answers';
      ready: boolean;
      checks: CheckObservation[];
      /** Null when the nodes could not be listed: then `listError` says why. */
      nodes: { total: number; notReady: string[] } | null;
      listError: string | null;
    };
