import type { Bus } from '@everynode/bus';
import type { Logger } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import type { ObjectChange } from '../cache/object-cache.js';
import type { CachedResource, OtherResources } from './cache-set.js';

/** What the reflector needs of the bus and the store. */
export interface ReflectorSource {
  bus: Pick<Bus, 'follow' | 'trouble'>;
  store: Pick<Store, 'readSnapshot' | 'journalAfter' | 'currentRevision' | 'openChange'>;
}

export interface ReflectorOptions extends ReflectorSource {
  /** The resources to keep. Changes of others only move the revision. */
  resources: CachedResource[];
  /** Keeps others too. */
  others?: OtherResources;
  log: Logger;
  signal: AbortSignal;
}

export interface ReflectorListener {
  /**
   * Changes in revision order, all applied to the caches. `upTo` is the revision of the caches, which moves without any
   * too.
   */
  onChanges(changes: ObjectChange[], upTo: number): void;
  /** The caches were listed again: `onChanges` follows with the difference, and the changes between are not known. */
  onRelisted?(revision: number): void;
}
