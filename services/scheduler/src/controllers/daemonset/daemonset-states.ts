import { DaemonSetState, type Moment, type StateCaches } from '@everynode/daemonset';
import type { CachedObject } from '@everynode/list-watch';
import { controllerOf, type DaemonSet, type Stored } from '@everynode/objects';

/** The states of the DaemonSets that this replica reconciles, by key and by uid. */
export class DaemonSetStates {
  readonly #caches: StateCaches;
  readonly #byKey = new Map<string, DaemonSetState>();
  readonly #byUid = new Map<string, DaemonSetState>();

  constructor(caches: StateCaches) {
    this.#caches = caches;
  }

  /**
   * Returns the state of a DaemonSet, set to the DaemonSet as it is now. It is built from the caches the first time.
   */
  acquire(key: string, daemonSet: CachedObject<Stored<DaemonSet>>, now: Moment): DaemonSetState {
    const known = this.#byKey.get(key);
    if (known?.uid === daemonSet.record.uid) {
      known.setDaemonSet(daemonSet);
      return known;
    }
    // Another DaemonSet had the name before.
    this.delete(key);
    const state = new DaemonSetState(key, daemonSet, this.#caches, now);
    this.#byKey.set(key, state);
    this.#byUid.set(state.uid, state);
    return state;
  }

  get(key: string): DaemonSetState | undefined {
    return this.#byKey.get(key);
  }

  /** Returns the state of the DaemonSet that controls the object, if there is one here. */
  ofController(object: CachedObject | undefined): DaemonSetState | undefined {
    const owner = object && controllerOf(object.metadata);
    return owner && this.#byUid.get(owner.uid);
  }

  all(): Iterable<DaemonSetState> {
    return this.#byKey.values();
  }

  delete(key: string): void {
    const state = this.#byKey.get(key);
    if (!state) return;
    this.#byKey.delete(key);
    this.#byUid.delete(state.uid);
  }

  /** Forgets the DaemonSets of shards that are lost: what a later owner does to them is not followed here. */
  retain(isMine: (key: string) => boolean): void {
    for (const key of [...this.#byKey.keys()]) if (!isMine(key)) this.delete(key);
  }
}
