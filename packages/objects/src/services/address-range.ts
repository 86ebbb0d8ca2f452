import { isIPv4 } from 'node:net';

/** The range that kubeadm gives to services. Its first address is that of the service `kubernetes`. */
export const SERVICE_CIDR = '10.96.0.0/12';

/** What upstream's flag --service-node-port-range has by default. */
export const NODE_PORTS = { first: 30_000, last: 32_767 };

const BASE = toNumber('10.96.0.0');
const SIZE = 2 ** 20;

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

const toAddress = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');

/** True for the addresses of the range that a service may have: neither the first nor the last one. */
export function isServiceAddress(address: string): boolean {
  if (!isIPv4(address)) return false;
  const offset = toNumber(address) - BASE;
  return offset > 0 && offset < SIZE - 1;
}

/**
 * An address of the upper part of the range, in which upstream looks first: the lower part is for services that ask for
 * an address. Source: pkg/registry/core/service/ipallocator; KEP-3070.
 * @param random From 0 to 1, without 1.
 */
export function serviceAddressAt(random: number): string {
  const lower = 256;
  return toAddress(BASE + lower + 1 + Math.floor(random * (SIZE - lower - 2)));
}

/** The ports from here on are the upper part of the range; the lower is for services that ask for one (KEP-3668). */
const UPPER_PORTS = NODE_PORTS.first + 86;

/**
 * A port of the upper part of the range.
 * @param random From 0 to 1, without 1.
 */
export function nodePortAt(random: number): number {
  return UPPER_PORTS + Math.floor(random * (NODE_PORTS.last - UPPER_PORTS + 1));
}

/** Every port once: those of the upper part from a random one on, then those of the lower part. */
export function* nodePortsFrom(random: number): Generator<number, undefined> {
  const start = nodePortAt(random);
  for (let port = start; port <= NODE_PORTS.last; port += 1) yield port;
  for (let port = UPPER_PORTS; port < start; port += 1) yield port;
  for (let port = NODE_PORTS.first; port < UPPER_PORTS; port += 1) yield port;
}
