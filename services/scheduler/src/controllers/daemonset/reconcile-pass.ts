import type { DaemonSetState, Moment, Sight } from '@everynode/daemonset';
import type { CachedObject } from '@everynode/list-watch';
import type { DaemonSet, Stored } from '@everynode/objects';
import type { Fence, Store } from '@everynode/store';
import type { SchedulerContext } from '../../scheduler-context.js';
import type { DaemonSetEvents } from './daemonset-events.js';
import type { Outages } from './outages.js';

/** What every step of a reconcile gets from the controller. */
export interface StepContext
  extends Pick<SchedulerContext, 'reflector' | 'capacity' | 'recorder' | 'podSecurityExemptions' | 'signal'> {
  store: Pick<Store, 'get' | 'write' | 'currentRevision'>;
  events: DaemonSetEvents;
  outages: Pick<Outages, 'lastAt'>;
  isHeardSince: Sight['isHeardSince'];
}

/** One reconcile of one DaemonSet: what each of its steps works on. */
export interface ReconcilePass {
  cached: CachedObject<Stored<DaemonSet>>;
  daemonSet: Stored<DaemonSet>;
  state: DaemonSetState;
  /** Proves, in each write, that this replica still holds the DaemonSet's shard. */
  fence: Fence;
  /** When the pass began, ms since the epoch. */
  now: number;
  /** The same moment, on both clocks. */
  moment: Moment;
}
