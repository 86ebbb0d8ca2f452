import {
  type ApiError,
  alreadyExists,
  type FieldError,
  invalid,
  isServiceAddress,
  keepHealthCheckPort,
  keepNodePorts,
  NODE_PORTS,
  needsHealthCheck,
  needsServiceAddress,
  type Service,
  type Stored,
  serviceAddressAt,
} from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { FreeNodePorts } from '../services/free-node-ports.js';
import { ADDRESSES, reserveAddress } from '../services/reserved-addresses.js';
import { subjectOf } from '../write/target.js';
import type { ObjectWrite, PluginFor } from './plugin.js';
import { repeatableRandom } from './repeatable-random.js';

type Write = ObjectWrite<Stored<Service>>;

const TRIES = 16;
const FULL = 'range is full';
const randomFor = ({ object, before = object }: Write, what: string): (() => number) =>
  repeatableRandom(before.metadata.uid, what);

/**
 * Gives services their addresses inside the cluster and the ports of nodes. An address is the name of an IPAddress
 * object, so no two services have the same. Source: pkg/registry/core/service/storage/alloc.go; KEP-1880.
 */
export const serviceAddresses: PluginFor<'services'> = {
  resources: ['services'],
  operations: ['create', 'update'],
  admit(write) {
    // A subresource leaves the spec as it is.
    if (write.subresource) return;
    const errors = [...setNodePorts(write), ...setHealthCheckPort(write)];
    setFreeAddress(write);
    if (errors.length > 0) throw invalid({ group: '', kind: 'Service', name: write.object.metadata.name }, errors);
  },
  async allocate(write, dryRun) {
    const { context, object } = write;
    const { spec } = object;
    if (!spec || !needsServiceAddress(spec) || spec.clusterIP === 'None') return;
    await refuseExisting(write);
    const wanted = spec.clusterIP;
    if (wanted) {
      const problem = await problemOf(context, wanted, object, dryRun);
      if (problem === undefined) return;
      const detail = `failed to allocate IP ${wanted}: ${problem}`;
      const error: FieldError = { type: 'FieldValueInvalid', field: 'spec.clusterIPs', value: [wanted], detail };
      throw invalid({ group: '', kind: 'Service', name: object.metadata.name }, [error]);
    }
    const random = randomFor(write, 'address');
    for (let tries = 0; tries < TRIES; tries += 1) {
      const address = freeAddress(context, random);
      if (address === undefined) break;
      if (!dryRun && !(await reserveAddress(context, address, object))) continue;
      setAddress(object, address);
      return;
    }
    throw rangeIsFull(object);
  },
};

/** No address is taken for a service that cannot be created. @throws ApiError AlreadyExists */
async function refuseExisting({ context, definition, object }: Write): Promise<void> {
  const { namespace, name } = object.metadata;
  if (!context.reflector.cache('services').get(namespace, name)) return;
  const found = await context.freshReads.newest({ resource: 'services', namespace, name });
  if (!found) return;
  const isDeleted = found.metadata.deletionTimestamp !== undefined;
  throw alreadyExists(subjectOf({ definition, namespace, name }), isDeleted);
}

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
function freeAddress({ reflector }: ApiContext, random: () => number): string | undefined {
  const reserved = reflector.cache(ADDRESSES);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const address = serviceAddressAt(random());
    if (!reserved.get('', address)) return address;
  }
  return undefined;
}

/** A service whose type has become one with an address. The IPAddress follows: see ServiceAddressKeeper. */
function setFreeAddress(write: Write): void {
  const { context, object, before } = write;
  const { spec } = object;
  // What it had stays: see the definition of services.
  if (!before || !spec || spec.clusterIP || before.spec?.clusterIP || !needsServiceAddress(spec)) return;
  const address = freeAddress(context, randomFor(write, 'address'));
  if (address === undefined) throw rangeIsFull(object);
  setAddress(object, address);
}

const isExternal = ({ spec }: Service): boolean =>
  spec?.type === 'NodePort' || (spec?.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

/** Sets the ports of nodes that are missing. Returns the errors of those that the client asks for. */
function setNodePorts(write: Write): FieldError[] {
  const { context, object, before } = write;
  const { spec } = object;
  if (!spec || !isExternal(object)) return [];
  if (before?.spec) keepNodePorts(spec, before.spec);
  const own = new Set((before?.spec?.ports ?? []).flatMap(({ nodePort }) => nodePort ?? []));
  const keyOf = (protocol: string | undefined, port: number | undefined) => `${protocol || 'TCP'}/${port}`;
  // An earlier port must not get what a later one asks for.
  const asked = new Set(
    (spec.ports ?? []).flatMap(({ protocol, nodePort }) => (nodePort ? keyOf(protocol, nodePort) : [])),
  );
  const given = new Set<string>();
  // Other services are read where a port is new: most writes change none.
  let others: Set<string> | undefined;
  const isUsed = (protocol: string, port: number): boolean => {
    others ??= usedNodePorts(context, object);
    return given.has(keyOf(protocol, port)) || others.has(keyOf(protocol, port));
  };
  const isTaken = (protocol: string, port: number) => asked.has(keyOf(protocol, port)) || isUsed(protocol, port);
  const free = new FreeNodePorts(isTaken, randomFor(write, 'ports'));
  const errors: FieldError[] = [];
  for (const [at, port] of (spec.ports ?? []).entries()) {
    const { nodePort } = port;
    // An update comes here before its defaults are set.
    const protocol = port.protocol || 'TCP';
    const field = `spec.ports[${at}].nodePort`;
    if (!nodePort) {
      const found = free.next(protocol);
      if (found === undefined) {
        errors.push({ type: 'FieldValueInvalid', field, value: 0, detail: FULL });
        break;
      }
      port.nodePort = found;
    } else if (!own.has(nodePort)) {
      const detail = nodePortProblem(nodePort, isUsed(protocol, nodePort));
      if (detail) errors.push({ type: 'FieldValueInvalid', field, value: nodePort, detail });
    }
    given.add(keyOf(protocol, port.nodePort));
  }
  return errors;
}

/** Sets the port by which nodes tell a load balancer of their pods. Source: alloc.go, allocHealthCheckNodePort. */
function setHealthCheckPort(write: Write): FieldError[] {
  const { context, object, before } = write;
  const { spec } = object;
  if (!spec || !needsHealthCheck(spec)) return [];
  if (before?.spec) keepHealthCheckPort(spec, before.spec);
  const own = before?.spec?.healthCheckNodePort;
  if (own && spec.healthCheckNodePort === own) return [];
  const used = usedNodePorts(context, object);
  for (const { protocol, nodePort } of spec.ports ?? []) if (nodePort) used.add(`${protocol || 'TCP'}/${nodePort}`);
  const isUsed = (port: number): boolean => used.has(`TCP/${port}`);
  const field = 'spec.healthCheckNodePort';
  const { healthCheckNodePort: wanted } = spec;
  if (wanted) {
    const detail = nodePortProblem(wanted, isUsed(wanted));
    return detail ? [{ type: 'FieldValueInvalid', field, value: wanted, detail }] : [];
  }
  const free = new FreeNodePorts((_protocol, port) => isUsed(port), randomFor(write, 'health')).next('TCP');
  if (free === undefined) return [{ type: 'FieldValueInvalid', field, value: 0, detail: FULL }];
  spec.healthCheckNodePort = free;
  return [];
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
  for (const { record, desired } of reflector.cache('services').list()) {
    if (record.name === metadata.name && record.namespace === metadata.namespace) continue;
    const { ports = [], healthCheckNodePort } = (desired as Service).spec ?? {};
    for (const { protocol, nodePort } of ports) if (nodePort) used.add(`${protocol}/${nodePort}`);
    if (healthCheckNodePort) used.add(`TCP/${healthCheckNodePort}`);
  }
  return used;
}
