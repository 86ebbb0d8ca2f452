import { describe, expect, it } from 'vitest';
import { PodAddresses } from './pod-addresses.js';

/** Addresses that fit into a node's network: .2 to .254. */
const SIZE = 253;

describe('the addresses of pods', () => {
  it('come from a network of each node, without its first and last ones', () => {
    const addresses = new PodAddresses();
    expect([addresses.allocate(1), addresses.allocate(1), addresses.allocate(2)]).toEqual([
      '10.0.1.2',
      '10.0.1.3',
      '10.0.2.2',
    ]);
    expect(addresses.allocate(258)).toBe('10.1.2.2');
  });

  it('are all different, until the node has none left', () => {
    const addresses = new PodAddresses();
    const all = Array.from({ length: SIZE }, () => addresses.allocate(7));
    expect(new Set(all).size).toBe(SIZE);
    expect(all.at(-1)).toBe('10.0.7.254');
    expect(addresses.allocate(7)).toBeUndefined();
    addresses.release(7, '10.0.7.9');
    expect(addresses.allocate(7)).toBe('10.0.7.9');
  });

  it('that are released are the last to be allocated again', () => {
    const addresses = new PodAddresses();
    const first = addresses.allocate(1) ?? '';
    addresses.release(1, first);
    const next = Array.from({ length: SIZE }, () => addresses.allocate(1));
    expect(next[0]).toBe('10.0.1.3');
    expect(next.at(-1)).toBe(first);
  });

  it.each([
    { address: '10.0.1.2', isReserved: true },
    { address: '10.0.1.254', isReserved: true },
    { address: '10.0.1.255', isReserved: false },
    { address: '10.0.1.1', isReserved: false },
    { address: '10.0.2.2', isReserved: false },
    { address: '172.16.0.1', isReserved: false },
    { address: '10.0.1.x', isReserved: false },
  ])('are reserved only where they are of the node: $address', ({ address, isReserved }) => {
    const addresses = new PodAddresses();
    expect(addresses.reserve(1, address)).toBe(isReserved);
    expect(addresses.reserve(1, address)).toBe(false);
    expect(addresses.allocate(1)).toBe(address === '10.0.1.2' ? '10.0.1.3' : '10.0.1.2');
  });
});
