import { MANAGED_BY_LABEL, SERVICE_LABEL, SLICE_CONTROLLER } from '@everynode/endpoints';
import { type CachedObject, isChangeOf, type ObjectCache, type ObjectChange } from '@everynode/list-watch';
import { conditionOf, keyOf, type Pod, type Service, type Stored } from '@everynode/objects';
import type { SchedulerContext } from '../../scheduler-context.js';
import { ServedPods, servicesOf } from './served-pods.js';

type CachedPod = CachedObject<Stored<Pod>>;

/** A controller that writes the addresses of services. */
interface ServiceFollower {
  /** What it writes: a change by another is put right. */
  written: 'endpoints' | 'endpointslices.discovery.k8s.io';
  enqueue: (key: string) => void;
}

/**
 * Maps changes in the caches to services: of one, of a pod that it selects, of what was written for it. One of it
 * serves all controllers: a pod is looked at once, and what endpoints tell of its spec is read once.
 */
export class ServiceChanges {
  readonly pods: ServedPods;
  readonly #services: ObjectCache<Stored<Service>>;
  readonly #followers: ServiceFollower[] = [];

  constructor({ reflector }: Pick<SchedulerContext, 'reflector'>) {
    this.pods = new ServedPods({ reflector });
    this.#services = reflector.cache('services');
    reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  follow(follower: ServiceFollower): void {
    this.#followers.push(follower);
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    if (this.#followers.length === 0) return;
    for (const change of changes) {
      if (isChangeOf(change, 'pods')) this.#onPod(change);
      else if (isChangeOf(change, 'services')) this.#enqueue(keyOf(change.current.record));
      else this.#onWritten(change.current);
    }
  }

  #onPod(change: ObjectChange<Stored<Pod>>): void {
    const { previous, current, type } = change;
    if (type === 'DELETED') this.pods.forget(current.record.uid);
    const selecting = [...servicesOf(this.#services, current)];
    // Versions with the same metadata share their labels.
    if (previous && previous.labels !== current.labels) selecting.push(...servicesOf(this.#services, previous));
    // Most pods belong to no service, so their statuses are not read.
    if (selecting.length === 0 || !affectsEndpoints(change)) return;
    for (const { record } of selecting) this.#enqueue(keyOf(record));
  }

  #onWritten({ record, labels }: CachedObject): void {
    const follower = this.#followers.find(({ written }) => written === record.resource);
    if (follower?.written === 'endpoints') follower.enqueue(keyOf(record));
    else if (follower && labels?.[MANAGED_BY_LABEL] === SLICE_CONTROLLER && labels[SERVICE_LABEL]) {
      follower.enqueue(`${record.namespace}/${labels[SERVICE_LABEL]}`);
    }
  }

  #enqueue(key: string): void {
    for (const { enqueue } of this.#followers) enqueue(key);
  }
}

/** What of a pod's status endpoints tell. Source: endpoint util, podEndpointsChanged. */
const shownOf = ({ status, metadata, labels, record }: CachedPod): string => {
  const { podIPs, podIP, phase } = status ?? {};
  const ready = conditionOf(status, 'Ready')?.status;
  const isDeleting = metadata.deletionTimestamp !== undefined;
  return JSON.stringify([podIPs, podIP, phase, ready, isDeleting, labels, record.placement]);
};

function affectsEndpoints({ type, previous, current }: ObjectChange<Stored<Pod>>): boolean {
  return type !== 'MODIFIED' || !previous || shownOf(previous) !== shownOf(current);
}
