import {
  ENDPOINTS_MANAGED_BY_LABEL,
  isMirrored,
  MANAGED_BY_LABEL,
  MIRRORING_CONTROLLER,
  mirrorOf,
  SERVICE_LABEL,
} from '@everynode/endpoints';
import { isChangeOf, type ObjectChange, type ReconcileResult } from '@everynode/list-watch';
import { keyOf, type Service, type Stored } from '@everynode/objects';
import type { Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { keysOf, ShardedQueue } from '../sharded-queue.js';
import { isOpen } from '../workloads/open-namespace.js';
import { SLICES, slicesBy, writeSlices } from './slice-writes.js';

const WORKERS = 2;
const ENDPOINTS = { apiVersion: 'v1', kind: 'Endpoints' };

const hasSelector = ({ spec }: Stored<Service>): boolean => spec?.selector !== undefined;

/** Mirrors the Endpoints that clients keep for services without a selector in EndpointSlices. */
export class EndpointSliceMirroringController implements Controller {
  readonly name = 'endpointslicemirroring';
  readonly #context: SchedulerContext;
  readonly #queue: ShardedQueue;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#queue = new ShardedQueue(context, {
      name: this.name,
      workers: WORKERS,
      reconcile: (key, fence) => this.#reconcile(key, fence),
      keys: () => keysOf(context.reflector.cache('endpoints')),
    });
    context.reflector.addListener({ onChanges: (changes) => this.#onChanges(changes) });
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  #onChanges(changes: readonly ObjectChange[]): void {
    for (const change of changes) {
      const { record, labels } = change.current;
      if (isChangeOf(change, 'services')) {
        if (![change.previous, change.current].every((one) => one && hasSelector(one.object))) {
          this.#queue.add(keyOf(record));
        }
      } else if (record.resource === 'endpoints') {
        if (labels?.[ENDPOINTS_MANAGED_BY_LABEL] === undefined) this.#queue.add(keyOf(record));
      } else if (record.resource === SLICES && labels?.[MANAGED_BY_LABEL] === MIRRORING_CONTROLLER) {
        this.#queue.add(`${record.namespace}/${labels[SERVICE_LABEL]}`);
      }
    }
  }

  /** Source: pkg/controller/endpointslicemirroring, syncEndpoints. */
  async #reconcile(key: string, fence: Fence): Promise<ReconcileResult> {
    const { reflector, store } = this.#context;
    const endpoints = reflector.cache('endpoints').getByKey(key)?.object;
    const service = reflector.cache('services').getByKey(key)?.object;
    const mirrored = slicesBy(MIRRORING_CONTROLLER, reflector, key);
    const isWanted = endpoints !== undefined && isMirrored(endpoints) && service !== undefined && !hasSelector(service);
    const plan = isWanted ? mirrorOf(endpoints, mirrored) : { create: [], update: [], remove: mirrored };
    const [namespace = '', name = ''] = key.split('/');
    if (plan.create.length > 0 && !isOpen(this.#context, namespace)) return undefined;
    const object = endpoints ?? { metadata: { name, namespace, uid: '' } };
    await caughtUp(this.#context, await writeSlices(store, { kind: ENDPOINTS, object }, plan, fence));
    return undefined;
  }
}
