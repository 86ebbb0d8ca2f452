import { randomInt } from 'node:crypto';
import {
  type ApiError,
  type FieldError,
  invalid,
  isServiceAddress,
  NODE_PORTS,
  type Service,
  type Stored,
  serviceAddressAt,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { FreeNodePorts } from '../services/free-node-ports.js';
import { ADDRESSES, reserveAddress } from '../services/reserved-addresses.js';
import type { ObjectWrite, PluginFor } from './plugin.js';

type Write = ObjectWrite<Stored<Service>>;

const TRIES = 16;
const FULL = 'range is full';
const RANDOM = 2 ** 40;
const random = (): number => randomInt(RANDOM) / RANDOM;

const NEEDS_ADDRESS: ReadonlySet<string | undefined> = new Set(['ClusterIP', 'NodePort', 'LoadBalancer']);

/**
 * Gives services their addresses inside the cluster and the ports of nodes. An address is the name of an IPAddress
 * object, so no two services have the same. Source: pkg/registry/core/service/storage/alloc.go; KEP-1880.
 */
export const serviceAddresses: PluginFor<'services'> = {
  resources: ['services'],
  operations: ['create', 'update'],
  admit(write) {
    const errors = setNodePorts(write);
    if (write.before && !write.subresource) setFreeAddress(write.context, write.object, write.before);
    if (errors.length > 0) throw invalid({ group: '', kind: 'Service', name: write.object.metadata.name }, errors);
  },
  async allocate({ context, object }, dryRun) {
    const { spec } = object;
    if (!spec || !NEEDS_ADDRESS.has(spec.type) || spec.clusterIP === 'None') return;
    const wanted = spec.clusterIP;
    if (wanted) {
      const problem = await problemOf(context, wanted, object, dryRun);
      if (problem === undefined) return;
      const detail = `failed to allocate IP ${wanted}: ${problem}`;
      const error: FieldError = { type: 'FieldValueInvalid', field: 'spec.clusterIPs', value: [wanted], detail };
      throw invalid({ group: '', kind: 'Service', name: object.metadata.name }, [error]);
    }
    for (let tries = 0; tries < TRIES; tries += 1) {
      const address = freeAddress(context);
      if (address === undefined) break;
      if (!dryRun && !(await reserveAddress(context, address, object))) continue;
      setAddress(object, address);
      return;
    }
    throw rangeIsFull(object);
  },
};

function rangeIsFull({ metadata }: Stored<Service>): ApiError {
  const error: FieldError = { type: 'FieldValueInvalid', field: 'spec.clusterIPs', value: [], detail: FULL };
  return invalid({ group: '', kind: 'Service', name: metadata.name }, [error]);
}

async function problemOf(
  context: ApiContext,
  address: string,
  service: Stored<Service>,
  dryRun: boolean,
): Promise<string | undefined> {
  if (!isServiceAddress(address)) return 'the provided network does not match the current range';
  if (dryRun) return undefined;
  return (await reserveAddress(context, address, service)) ? undefined : 'provided IP is already allocated';
}

function setAddress({ spec }: Stored<Service>, address: string): void {
  if (!spec) return;
  spec.clusterIP = address;
  spec.clusterIPs = [address];
}

/** An address that no IPAddress has in the cache; undefined where hardly any is free. */
function freeAddress({ reflector }: ApiContext): string | undefined {
  const reserved = reflector.cache(ADDRESSES);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const address = serviceAddressAt(random());
    if (!reserved.get('', address)) return address;
  }
  return undefined;
}

/** A service whose type has become one with an address. The IPAddress follows: see ServiceAddressKeeper. */
function setFreeAddress(context: ApiContext, service: Stored<Service>, before: Stored<Service>): void {
  const { spec } = service;
  // What it had stays: see the definition of services.
  if (!spec || spec.clusterIP || before.spec?.clusterIP || !NEEDS_ADDRESS.has(spec.type)) return;
  const address = freeAddress(context);
  if (address === undefined) throw rangeIsFull(service);
  setAddress(service, address);
}

const isExternal = ({ spec }: Service): boolean =>
  spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

/** Sets the ports of nodes that are missing. Returns the errors of those that the client asks for. */
function setNodePorts({ context, object, before }: Write): FieldError[] {
  if (!isExternal(object)) return [];
  const known = before?.spec?.ports ?? [];
  const own = new Set(known.flatMap(({ nodePort }) => nodePort ?? []));
  const used = usedNodePorts(context, object);
  const free = new FreeNodePorts((protocol, port) => used.has(`${protocol}/${port}`), random);
  const errors: FieldError[] = [];
  for (const [at, port] of (object.spec?.ports ?? []).entries()) {
    const { nodePort } = port;
    // An update comes here before its defaults are set.
    const protocol = port.protocol || 'TCP';
    const same = known.find((one) => one.port === port.port && one.protocol === protocol);
    if (!nodePort && same?.nodePort) port.nodePort = same.nodePort;
    else if (!nodePort) {
      const found = free.next(protocol);
      if (found === undefined) {
        errors.push({ type: 'FieldValueInvalid', field: `spec.ports[${at}].nodePort`, value: 0, detail: FULL });
        break;
      }
      port.nodePort = found;
    } else if (!own.has(nodePort)) {
      const detail = nodePortProblem(nodePort, used.has(`${protocol}/${nodePort}`));
      const field = `spec.ports[${at}].nodePort`;
      if (detail) errors.push({ type: 'FieldValueInvalid', field, value: nodePort, detail });
    }
    used.add(`${protocol}/${port.nodePort}`);
  }
  return errors;
}

function nodePortProblem(port: number, isUsed: boolean): string | undefined {
  const { first, last } = NODE_PORTS;
  if (port < first || port > last) {
    return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
  }
  return isUsed ? 'provided port is already allocated' : undefined;
}

function usedNodePorts({ reflector }: ApiContext, { metadata }: Stored<Service>): Set<string> {
  const used = new Set<string>();
  for (const { object } of reflector.cache('services').list()) {
    if (object.metadata.name === metadata.name && object.metadata.namespace === metadata.namespace) continue;
    for (const { protocol, nodePort } of (object as Service).spec?.ports ?? []) {
      if (nodePort) used.add(`${protocol}/${nodePort}`);
    }
  }
  return used;
}
