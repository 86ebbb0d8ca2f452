import { podNetwork } from '../node-status.js';

/** Hands out the addresses of a node's pods, and takes them back. 254 a node, more than pods fit on one. */
export class PodAddresses {
  readonly #taken = new Map<number, Set<number>>();

  take(node: number): string {
    let taken = this.#taken.get(node);
    if (!taken) {
      taken = new Set();
      this.#taken.set(node, taken);
    }
    let host = 2;
    while (taken.has(host) && host < 254) host += 1;
    taken.add(host);
    return `${podNetwork(node)}.${host}`;
  }

  /** Marks an address as taken that a pod has from before. */
  keep(node: number, address: string): void {
    const host = Number(address.split('.')[3]);
    if (!address.startsWith(`${podNetwork(node)}.`) || !Number.isInteger(host)) return;
    const taken = this.#taken.get(node) ?? new Set<number>();
    taken.add(host);
    this.#taken.set(node, taken);
  }

  release(node: number, address: string): void {
    if (address.startsWith(`${podNetwork(node)}.`)) this.#taken.get(node)?.delete(Number(address.split('.')[3]));
  }
}
