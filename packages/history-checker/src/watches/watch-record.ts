export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** One line of a watch, or its beginning or end. */
export type WatchRecord =
  /** A list, as `key revision` of each item. `began` is when one of the newest state was asked for. */
  | { what: 'list'; watch: string; scope: WatchScope; began?: number; at: number; revision: number; items: string[] }
  /** The server has accepted a watch from a revision: that of a list, or the last one that was seen. */
  | { what: 'resume'; watch: string; scope: WatchScope; at: number; revision: number }
  | { what: 'event'; watch: string; at: number; type: ChangeType; key: string; revision: number; value?: string }
  | { what: 'bookmark'; watch: string; at: number; revision: number }
  /** The stream ended: by the server with a status code, or otherwise. */
  | { what: 'end'; watch: string; at: number; code?: number; error?: string };

export interface WatchScope {
  resource: string;
  /** Empty: all. */
  namespace: string;
  /** `key=value` */
  labelSelector?: string;
}
