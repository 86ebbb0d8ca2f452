import type { DaemonSet, Node, Pod, Stored } from '@everynode/objects';

/** One version of an object as a cache holds it. Its parts are read when they are needed. */
export interface CachedVersion<T extends { metadata: unknown; status?: unknown }> {
  readonly record: {
    readonly uid: string;
    readonly name: string;
    /** The node that a pod is bound to. */
    readonly placement: string | null;
    /** Metadata, and spec, as text: two versions with the same text have the same part. */
    readonly metadata: string;
    readonly desired: string;
  };
  readonly metadata: Readonly<T['metadata']>;
  readonly status: T['status'];
  readonly object: T;
}

export type CachedPod = CachedVersion<Stored<Pod>>;
export type CachedDaemonSet = CachedVersion<Stored<DaemonSet>>;

/** The caches that the state of a DaemonSet is built from. */
export interface StateCaches {
  pods: { find(index: 'byOwner', uid: string): Iterable<CachedPod> };
  nodes: {
    get(namespace: '', name: string): CachedVersion<Stored<Node>> | undefined;
    list(): Iterable<CachedVersion<Stored<Node>>>;
  };
}
