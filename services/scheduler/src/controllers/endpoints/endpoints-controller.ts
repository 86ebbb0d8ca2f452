import { randomUUID } from 'node:crypto';
import { type EndpointsContent, endpointsOf } from '@everynode/endpoints';
import { metadataText, type StoredMeta, semanticallyEqual } from '@everynode/objects';
import type { Current, Decision, Fence } from '@everynode/store';
import type { Controller, SchedulerContext } from '../../scheduler-context.js';
import { caughtUp } from '../caught-up.js';
import { passMoment } from '../workloads/moment.js';
import { isOpen } from '../workloads/open-namespace.js';
import { type ServedPods, selectorOf } from './served-pods.js';
import type { ServiceChanges } from './service-changes.js';
import { ServiceQueue } from './service-queue.js';

/** Keeps the Endpoints of every service with a selector. */
export class EndpointsController implements Controller {
  readonly name = 'endpoints';
  readonly #context: SchedulerContext;
  readonly #queue: ServiceQueue;

  constructor(context: SchedulerContext, changes: ServiceChanges) {
    this.#context = context;
    this.#queue = new ServiceQueue(context, changes, this.name, 'endpoints', (...args) => this.#sync(...args));
  }

  close(): Promise<void> {
    return this.#queue.close();
  }

  async #sync(key: string, pods: ServedPods, fence: Fence): Promise<number> {
    const { reflector, store } = this.#context;
    const service = reflector.cache('services').getByKey(key)?.object;
    const [namespace = '', name = ''] = key.split('/');
    const stored = reflector.cache('endpoints').getByKey(key)?.object;
    if (service && (!selectorOf(service) || !isOpen(this.#context, namespace))) return 0;
    if (!service && !stored) return 0;
    const served = service ? pods.of(service) : [];
    const content = service && endpointsOf(service, served, stored);
    const first = { name, namespace, uid: randomUUID(), creationTimestamp: passMoment().at };
    const { outcome, revision } = await store.write({
      key: { resource: 'endpoints', namespace, name },
      reads: 'all',
      fence,
      decide: (current) => (content ? decideEndpoints(current, first, content) : decideRemoval(current)),
    });
    if (outcome !== 'kept') await caughtUp(this.#context, revision);
    return served.length;
  }
}

/** Endpoints without a service are its own only where it says so: a client may keep some by hand. */
function decideRemoval(current: Current<'all'> | undefined): Decision {
  return { kind: current?.metadata.includes('"endpoint-controller"') ? 'delete' : 'keep' };
}

function decideEndpoints(
  current: Current<'all'> | undefined,
  first: StoredMeta,
  { labels, annotations, subsets }: EndpointsContent,
): Decision {
  const desired = subsets.length > 0 ? { subsets } : {};
  const told = { labels, ...(Object.keys(annotations).length > 0 && { annotations }) };
  if (!current) {
    const { uid } = first;
    const metadata = metadataText({ ...first, ...told });
    return {
      kind: 'create',
      uid,
      parts: { metadata, desired: JSON.stringify(desired), observed: null },
      placement: null,
    };
  }
  const before = JSON.parse(current.metadata) as StoredMeta;
  const isSame =
    semanticallyEqual(JSON.parse(current.desired), desired) &&
    semanticallyEqual(before.labels, labels) &&
    semanticallyEqual(before.annotations ?? {}, annotations);
  if (isSame) return { kind: 'keep' };
  const { labels: _labels, annotations: _annotations, ...kept } = before;
  return {
    kind: 'update',
    parts: { metadata: metadataText({ ...kept, ...told }), desired: JSON.stringify(desired) },
  };
}
