import type { AssignedPod, PodFailure, PodUsage, StarvedResource } from '@everynode/kubelet';
import type { Runtime } from '@everynode/pod-runtime';

/** A runtime whose pods use what this machine has. */
export interface MachineRuntime extends Runtime {
  /** The pods that are active: those that have not ended. */
  active(): AssignedPod[];
  /** Ends a pod because the machine is short of something. One that ends already has no more time than others. */
  evict(uid: string, failure: PodFailure): void;
  /** Ends a pod with the machine, within its own grace period and at most this time. */
  shutDown(uid: string, graceMs: number): void;
  /**
   * What the active pods use, by uid. A pod that could not be measured is left out. Files are looked at only for a
   * resource of disks.
   */
  usage(resource: StarvedResource): Promise<ReadonlyMap<string, PodUsage>>;
}
