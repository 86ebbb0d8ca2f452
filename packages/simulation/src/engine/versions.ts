import type { CachedVersion } from '@everynode/daemonset';
import type { DaemonSet, KubeObject, Node, Pod, Stored } from '@everynode/objects';

export type NodeVersion = CachedVersion<Stored<Node>>;
export type PodVersion = CachedVersion<Stored<Pod>>;
export type DaemonSetVersion = CachedVersion<Stored<DaemonSet>>;

/** The parts of an object that change apart from each other. */
export type Part = 'metadata' | 'desired' | 'status';

const placementOf = (object: KubeObject): string | null => (object as Pick<Pod, 'spec'>).spec?.nodeName ?? null;

/**
 * Makes the versions of objects. Where a cache keeps the text of a part, they have its number: readers only compare
 * whether a part is the same one.
 */
export class VersionMaker {
  #made = 0;

  first<T extends KubeObject>(object: T): CachedVersion<T> {
    const { uid, name } = object.metadata;
    return this.#version(object, { uid, name, metadata: this.#text(), desired: this.#text() });
  }

  next<T extends KubeObject>(before: CachedVersion<T>, part: Part, object: T): CachedVersion<T> {
    const { record } = before;
    return this.#version(object, part === 'status' ? record : { ...record, [part]: this.#text() });
  }

  #version<T extends KubeObject>(object: T, record: Omit<CachedVersion<T>['record'], 'placement'>): CachedVersion<T> {
    return {
      record: { ...record, placement: placementOf(object) },
      metadata: object.metadata as T['metadata'],
      status: object.status as T['status'],
      object,
    };
  }

  #text(): string {
    this.#made += 1;
    return String(this.#made);
  }
}
