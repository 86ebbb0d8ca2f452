import { SLICE_CONTROLLER, slicesOf } from '@everynode/endpoints';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { isOpen } from '../workloads/open-namespace.js';
import { type ServedPods, selectorOf } from './served-pods.js';
import type { ServiceChanges } from './service-changes.js';
import { ServiceQueue } from './service-queue.js';
import { SLICES, slicesBy, writeSlices } from './slice-writes.js';

const SERVICE = { apiVersion: 'v1', kind: 'Service' };

/** Keeps the EndpointSlices of every service with a selector. The garbage collector takes them away with it. */
export class EndpointSliceController implements Controller {
  readonly name = 'endpointslice';
  readonly #context: SchedulerContext;
  readonly #queue: ServiceQueue;

  constructor(context: SchedulerContext, changes: ServiceChanges) {
    this.#context = context;
    this.#queue = new ServiceQueue(context, changes, this.name, SLICES, (...args) => this.#sync(...args));
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #sync(key: string, pods: ServedPods, fence: Fence): Promise<number> {
    const service = this.#context.reflector.cache('services').getByKey(key)?.object;
    if (!service || !selectorOf(service)) return 0;
    if (service.metadata.deletionTimestamp !== undefined || !isOpen(this.#context, service.metadata.namespace))
      return 0;
    const served = pods.of(service);
    const plan = slicesOf(service, served, slicesBy(SLICE_CONTROLLER, this.#context.reflector, key));
    const owner = { kind: SERVICE, object: service };
    await caughtUp(this.#context, await writeSlices(this.#context.store, owner, plan, fence));
    return served.length;
  }
}
