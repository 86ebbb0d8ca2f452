import { podNetwork } from '../node/node-status.js';

const FIRST = 2;
const LAST = 254;

interface Network {
  allocated: Set<number>;
  /** Where the search continues: a released address is the last to be allocated again. */
  next: number;
}

/** Allocates the addresses of the nodes' pods: one /24 for each node, which is more than the pods that fit on one. */
export class PodAddresses {
  readonly #networks = new Map<number, Network>();

  #network(node: number): Network {
    let network = this.#networks.get(node);
    if (!network) {
      network = { allocated: new Set(), next: FIRST };
      this.#networks.set(node, network);
    }
    return network;
  }

  /** Returns a free address of the node; undefined when it has none left. */
  allocate(node: number): string | undefined {
    const network = this.#network(node);
    for (let tries = FIRST; tries <= LAST; tries += 1) {
      const host = network.next;
      network.next = host === LAST ? FIRST : host + 1;
      if (network.allocated.has(host)) continue;
      network.allocated.add(host);
      return `${podNetwork(node)}.${host}`;
    }
    return undefined;
  }

  /** Allocates the address that a pod already has. Returns whether it was free and one of the node's. */
  reserve(node: number, address: string): boolean {
    const host = this.#host(node, address);
    const { allocated } = this.#network(node);
    if (host === undefined || allocated.has(host)) return false;
    allocated.add(host);
    return true;
  }

  /** Frees an address. An address that is not one of the node's pods, such as the node's own, is ignored. */
  release(node: number, address: string): void {
    const host = this.#host(node, address);
    if (host !== undefined) this.#network(node).allocated.delete(host);
  }

  #host(node: number, address: string): number | undefined {
    const prefix = `${podNetwork(node)}.`;
    const host = address.startsWith(prefix) ? Number(address.slice(prefix.length)) : Number.NaN;
    return Number.isInteger(host) && host >= FIRST && host <= LAST ? host : undefined;
  }
}
