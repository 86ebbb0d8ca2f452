import type { FaultRecord } from './faults/fault-record.js';
import type { ChangeType, WatchRecord } from './watches/watch-record.js';

/**
 * What a run under faults records, one entry a line. Times are milliseconds since 1970 by the clock of the harness,
 * which no fault moves. An entry holds only what a check needs, so that a run of minutes stays a file of megabytes.
 */
export type HistoryEntry =
  | ({ entry: 'run' } & Run)
  | ({ entry: 'operation' } & Operation)
  | ({ entry: 'change' } & Change)
  | ({ entry: 'stale-read' } & StaleRead)
  | ({ entry: 'watch' } & WatchRecord)
  | ({ entry: 'fault' } & FaultRecord)
  | ({ entry: 'converged' } & Convergence)
  | ({ entry: 'compacted' } & { at: number; revision: number })
  | ({ entry: 'stored' } & StoredObjects)
  | ({ entry: 'leak' } & Leak);

interface Run {
  seed: number;
  at: number;
  command: string;
  /** The names of the api replicas behind the front door. */
  apis: string[];
  /** All has to be as it shall be so soon after a fault, in ms: invariant 6, or more on a busy machine. */
  recoveryMs: number;
}

/** What a client asked of one object. Values are unique in a run: a write's value names the write. */
export type Action =
  | { do: 'read' }
  | { do: 'create'; value: string }
  /** Replaces the value; with `expects` only where the object has that revision. */
  | { do: 'put'; value: string; expects?: number }
  /** Appends an item to the value, which is a list with commas. */
  | { do: 'append'; value: string }
  | { do: 'delete'; expects?: number }
  /** Changes a part of an object that others write, too; the value names the edit. */
  | { do: 'edit'; value: string };

/**
 * How an operation ended.
 *
 * - `ok`: done. A read returns `revision` and `value`, or neither when there was no object; a write returns what it
 *   wrote.
 * - `conflict`, `exists`, `absent`: the server looked and refused: another revision, an object, no object.
 * - `refused`: not done, and never will be (503 with Retry-After, 429, a refused connection).
 * - `unknown`: done or not (no answer in time, a broken connection, 504).
 */
export type Outcome = 'ok' | 'conflict' | 'exists' | 'absent' | 'refused' | 'unknown';

export interface Operation {
  id: number;
  client: string;
  /** `resource namespace/name` */
  key: string;
  action: Action;
  began: number;
  ended: number;
  outcome: Outcome;
  revision?: number;
  value?: string;
  /** HTTP status, when there was an answer. */
  status?: number;
  retryAfter?: boolean;
  /** The error's code of a connection without an answer (`ECONNRESET`, `gave up`), or the start of a message. */
  error?: string;
  /** It went by a connection that an earlier call had opened; otherwise by a new one. */
  reused?: boolean;
}

/** A GET with `resourceVersion=0`, which a cache may answer. */
export interface StaleRead {
  path: string;
  began: number;
  ended: number;
  status?: number;
  error?: string;
  /** The answer says that it may be stale. */
  warned: boolean;
  /** As in {@link Operation}. */
  reused?: boolean;
}

/** One row of the journal: the truth. */
export interface Change {
  revision: number;
  previous: number;
  type: ChangeType;
  resource: string;
  /** `namespace/name` */
  key: string;
  uid: string;
  /** When its transaction began. */
  at: number;
  /** When the harness read it from Postgres: it was committed by then. */
  seen: number;
  /** Of the whole object after the change: all that its row holds. */
  hash: string;
  facts: Facts;
}

/** The table of objects at the end of the run, and the revision that it is of, in one snapshot. */
export interface StoredObjects {
  at: number;
  revision: number;
  objects: StoredObject[];
}

export interface StoredObject {
  resource: string;
  /** `namespace/name` */
  key: string;
  uid: string;
  revision: number;
  /** As in {@link Change}. */
  hash: string;
}

/** What the checks know of an object: the parts of its kind, after the change. */
export interface Facts {
  labels?: Record<string, string>;
  value?: string;
  pod?: PodFacts;
  node?: NodeFacts;
  daemonSet?: DaemonSetFacts;
  /** A ControllerRevision: a template of the owner. */
  template?: { owner: string; number: number; hash: string };
}

export interface PodFacts {
  /** Uid of the controller; empty without one. */
  owner: string;
  node: string;
  hash: string;
  deleting: boolean;
  /** Phase is Succeeded or Failed. */
  finished: boolean;
  ready: boolean;
}

export interface NodeFacts {
  ready: boolean;
  unschedulable: boolean;
  /** Taints that keep daemon pods away: those that the DaemonSet controller does not tolerate by itself. */
  taints: string[];
}

export interface DaemonSetFacts {
  nodeSelector: Record<string, string>;
  /** As written: a number or a percentage. */
  maxUnavailable: string;
  maxSurge: string;
  generation: number;
  deleting: boolean;
  /** Rolls pods by itself; false for OnDelete. */
  rolling: boolean;
  status: DaemonSetCounts;
}

/** The counters of a DaemonSet's status, and the generation that they are of. */
export interface DaemonSetCounts {
  generation: number;
  desired: number;
  current: number;
  updated: number;
  ready: number;
  available: number;
  misscheduled: number;
}

interface Convergence {
  /** The fault, or faults, that had ended. */
  after: string;
  /** When the last fault had ended. */
  since: number;
  /** When all was as it shall be; missing when it was not within the patience of the harness. */
  at?: number;
  limitMs: number;
  /** What was wrong last. */
  trouble?: string;
}

interface Leak {
  at: number;
  what: string;
  before: number;
  after: number;
  limit: number;
}

/** A promise that the history breaks. */
export interface Violation {
  check: string;
  /** One sentence with the names and revisions. */
  message: string;
  at: number;
}
