import { randomUUID } from 'node:crypto';
import { MANAGED_BY_LABEL, SERVICE_LABEL, SLICE_CONTROLLER, type SliceContent, slicesOf } from '@everynode/endpoints';
import {
  type EndpointSlice,
  generatedName,
  metadataText,
  type Service,
  type Stored,
  type StoredMeta,
} from '@everynode/objects';
import type { Fence, ObjectKey, WriteRequest, WriteResult } from '@everynode/store';
import { ownerReferenceTo } from '@everynode/workloads';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { passMoment } from '../workloads/moment.js';
import { creationOf, NameTakenError } from '../workloads/new-object.js';
import { isOpen } from '../workloads/open-namespace.js';
import { type ServedPods, selectorOf } from './served-pods.js';
import { ServiceQueue } from './service-queue.js';

const SLICES = 'endpointslices.discovery.k8s.io';
const SERVICE = { apiVersion: 'v1', kind: 'Service' };

/** Keeps the EndpointSlices of every service with a selector. The garbage collector takes them away with it. */
export class EndpointSliceController implements Controller {
  readonly name = 'endpointslice';
  readonly #context: SchedulerContext;
  readonly #queue: ServiceQueue;

  constructor(context: SchedulerContext) {
    this.#context = context;
    this.#queue = new ServiceQueue(context, this.name, SLICES, (...args) => this.#sync(...args));
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
    const { create, update, remove } = slicesOf(service, served, this.#slicesOf(service));
    const { store } = this.#context;
    const results = await Promise.all([
      ...create.map((content) => this.#create(service, content, fence)),
      ...update.map(({ slice, content }) => store.write(updateOf(slice, content, fence))),
      ...remove.map((slice) => store.write(removalOf(slice, fence))),
    ]);
    await caughtUp(this.#context, Math.max(0, ...results.map(({ revision }) => revision)));
    return served.length;
  }

  #slicesOf({ metadata }: Stored<Service>): Stored<EndpointSlice>[] {
    const slices = this.#context.reflector.cache(SLICES).list(metadata.namespace);
    return Array.from(slices).flatMap(({ labels, object }) =>
      labels?.[SERVICE_LABEL] === metadata.name && labels[MANAGED_BY_LABEL] === SLICE_CONTROLLER ? object : [],
    );
  }

  async #create(service: Stored<Service>, content: SliceContent, fence: Fence): Promise<WriteResult> {
    const { namespace, name: owner } = service.metadata;
    const generateName = `${owner}-`;
    for (;;) {
      const uid = randomUUID();
      const name = generatedName(generateName);
      const metadata: StoredMeta = {
        name,
        generateName,
        namespace,
        uid,
        creationTimestamp: passMoment().at,
        generation: 1,
        labels: content.labels,
        ownerReferences: [ownerReferenceTo(SERVICE, service)],
      };
      const parts = { metadata: metadataText(metadata), desired: desiredOf(content), observed: null };
      try {
        const key: ObjectKey = { resource: SLICES, namespace, name };
        return await this.#context.store.write(creationOf(key, { uid, parts, placement: null }, fence));
      } catch (error) {
        if (!(error instanceof NameTakenError)) throw error;
      }
    }
  }
}

const desiredOf = ({ addressType, endpoints, ports }: SliceContent): string =>
  JSON.stringify({ addressType, endpoints, ports });

const keyOf = ({ metadata }: Stored<EndpointSlice>): ObjectKey => ({
  resource: SLICES,
  namespace: metadata.namespace,
  name: metadata.name,
});

function updateOf(slice: Stored<EndpointSlice>, content: SliceContent, fence: Fence): WriteRequest<'all'> {
  return {
    key: keyOf(slice),
    reads: 'all',
    fence,
    decide: (current) => {
      if (current?.uid !== slice.metadata.uid) return { kind: 'keep' };
      const before = JSON.parse(current.metadata) as StoredMeta;
      const metadata = { ...before, labels: content.labels, generation: (before.generation ?? 0) + 1 };
      return { kind: 'update', parts: { metadata: metadataText(metadata), desired: desiredOf(content) } };
    },
  };
}

function removalOf(slice: Stored<EndpointSlice>, fence: Fence): WriteRequest<'head'> {
  return {
    key: keyOf(slice),
    reads: 'head',
    fence,
    decide: (current) => ({ kind: current?.uid === slice.metadata.uid ? 'delete' : 'keep' }),
  };
}
