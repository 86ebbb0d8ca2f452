import { MANAGED_BY_LABEL, SERVICE_LABEL, SLICE_CONTROLLER } from '@everynode/endpoints';
import { type CachedObject, isChangeOf, type ObjectCache, type ObjectChange } from '@everynode/list-watch';
import { keyOf, type Pod, type Service, type Stored } from '@everynode/objects';
import type { ServedPods } from './served-pods.js';
import { servicesOf } from './served-pods.js';

type CachedPod = CachedObject<Stored<Pod>>;

/** What the handler needs: the services, and the queue. */
interface ServiceChangesOptions {
  services: ObjectCache<Stored<Service>>;
  pods: ServedPods;
  /** What the controller writes: a change by another is put right. */
  written: 'endpoints' | 'endpointslices.discovery.k8s.io';
  enqueue: (key: string) => void;
}

/** Maps changes in the caches to services: of one, of a pod that it selects, of what was written for it. */
export class ServiceChanges {
  readonly #options: ServiceChangesOptions;

  constructor(options: ServiceChangesOptions) {
    this.#options = options;
  }

  handle(changes: readonly ObjectChange[]): void {
    const { written, enqueue } = this.#options;
    for (const change of changes) {
      const { record } = change.current;
      if (isChangeOf(change, 'pods')) this.#onPod(change);
      else if (isChangeOf(change, 'services')) enqueue(keyOf(record));
      else if (record.resource === written) this.#onWritten(change.current);
    }
  }

  #onPod(change: ObjectChange<Stored<Pod>>): void {
    const { previous, current, type } = change;
    const { services, pods, enqueue } = this.#options;
    if (type === 'DELETED') pods.forget(current.record.uid);
    const selecting = [...servicesOf(services, current)];
    // Versions with the same metadata share their labels.
    if (previous && previous.labels !== current.labels) selecting.push(...servicesOf(services, previous));
    // Most pods belong to no service, so their statuses are not read.
    if (selecting.length === 0 || !affectsEndpoints(change)) return;
    for (const { record } of selecting) enqueue(keyOf(record));
  }

  #onWritten({ record, labels }: CachedObject): void {
    const { written, enqueue } = this.#options;
    if (written === 'endpoints') enqueue(keyOf(record));
    else if (labels?.[MANAGED_BY_LABEL] === SLICE_CONTROLLER && labels[SERVICE_LABEL]) {
      enqueue(`${record.namespace}/${labels[SERVICE_LABEL]}`);
    }
  }
}

/** What of a pod's status endpoints tell. Source: endpoint util, podEndpointsChanged. */
const shownOf = ({ status, metadata, labels, record }: CachedPod): string => {
  const { podIPs, podIP, phase, conditions } = status ?? {};
  const ready = conditions?.find(({ type }) => type === 'Ready')?.status;
  const isDeleting = metadata.deletionTimestamp !== undefined;
  return JSON.stringify([podIPs, podIP, phase, ready, isDeleting, labels, record.placement]);
};

function affectsEndpoints({ type, previous, current }: ObjectChange<Stored<Pod>>): boolean {
  return type !== 'MODIFIED' || !previous || shownOf(previous) !== shownOf(current);
}
