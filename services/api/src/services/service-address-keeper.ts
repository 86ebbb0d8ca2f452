import type { ObjectChange, ReflectorListener } from '@everynode/list-watch';
import { isServiceAddress, type KubeObject, type Service, type Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { ADDRESSES, CREATING_MS, parentOf, releaseAddress, reserveAddress } from './reserved-addresses.js';

/**
 * Keeps the IPAddress objects as the services are: an address goes with its service, and an update that has given a
 * service one gets its object. Every replica does it, and what one has done the others find done. Source:
 * pkg/registry/core/service/ipallocator/controller/repairip.go.
 */
export class ServiceAddressKeeper implements ReflectorListener {
  readonly #context: ApiContext;

  constructor(context: ApiContext) {
    this.#context = context;
  }

  start(): void {
    this.#context.reflector.addListener(this);
  }

  onChanges(changes: ObjectChange[]): void {
    for (const { type, current, previous } of changes) {
      if (current.record.resource !== 'services') continue;
      const before = addressOf(previous?.object);
      const after = type === 'DELETED' ? undefined : addressOf(current.object);
      if (before !== undefined && before !== after) void this.#try(() => this.#release(before, current.object));
      if (after !== undefined && after !== before && !this.#context.reflector.cache(ADDRESSES).get('', after)) {
        void this.#try(() => reserveAddress(this.#context, after, current.object as Stored<Service>));
      }
    }
  }

  /** Does what was missed: reserves addresses that services have, and releases those that none has any more. */
  async sweep(now: number): Promise<void> {
    const { reflector } = this.#context;
    for (const { object } of reflector.cache('services').list()) {
      const address = addressOf(object);
      if (address === undefined || reflector.cache(ADDRESSES).get('', address)) continue;
      await this.#try(() => reserveAddress(this.#context, address, object as Stored<Service>));
    }
    for (const { object } of reflector.cache(ADDRESSES).list()) {
      const { namespace = '', name = '' } = parentOf(object);
      const isOwn = object.metadata.labels?.['ipaddress.kubernetes.io/managed-by'] === 'ipallocator';
      const isOld = Date.parse(object.metadata.creationTimestamp ?? '') < now - CREATING_MS;
      const service = reflector.cache('services').get(namespace, name)?.object;
      if (isOwn && isOld && addressOf(service) !== object.metadata.name) {
        await this.#try(() => releaseAddress(this.#context, object.metadata.name, { namespace, name }));
      }
    }
  }

  async #release(address: string, { metadata }: KubeObject): Promise<void> {
    const { namespace = '', name } = metadata;
    await releaseAddress(this.#context, address, { namespace, name });
  }

  async #try(run: () => Promise<unknown>): Promise<void> {
    const { log, signal } = this.#context;
    try {
      await run();
    } catch (err) {
      if (!signal.aborted) log.warn({ err }, 'the address of a service could not be kept; it is tried again later');
    }
  }
}

function addressOf(object: KubeObject | undefined): string | undefined {
  const address = (object as Service | undefined)?.spec?.clusterIP;
  return address !== undefined && isServiceAddress(address) ? address : undefined;
}
