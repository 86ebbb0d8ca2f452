import { podNetwork } from '../nodes/node-status.js';

const FIRST = 2;
const LAST = 254;

interface Network {
  taken: Set<number>;
  /** Where the search goes on: an address that was given back is the last to be given out again. */
  next: number;
}

/** Hands out the addresses of a node's pods, and takes them back. More a node than pods fit on one. */
export class PodAddresses {
  readonly #networks = new Map<number, Network>();

  #network(node: number): Network {
    let network = this.#networks.get(node);
    if (!network) {
      network = { taken: new Set(), next: FIRST };
      this.#networks.set(node, network);
    }
    return network;
  }

  /** Undefined when the node has none left. */
  take(node: number): string | undefined {
    const network = this.#network(node);
    for (let tries = FIRST; tries <= LAST; tries += 1) {
      const host = network.next;
      network.next = host === LAST ? FIRST : host + 1;
      if (network.taken.has(host)) continue;
      network.taken.add(host);
      return `${podNetwork(node)}.${host}`;
    }
    return undefined;
  }

  /** Marks an address as taken that a pod has from before. Tells whether it could be kept. */
  keep(node: number, address: string): boolean {
    const host = this.#host(node, address);
    const { taken } = this.#network(node);
    if (host === undefined || taken.has(host)) return false;
    taken.add(host);
    return true;
  }

  release(node: number, address: string): void {
    const host = this.#host(node, address);
    if (host !== undefined) this.#network(node).taken.delete(host);
  }

  #host(node: number, address: string): number | undefined {
    const prefix = `${podNetwork(node)}.`;
    const host = address.startsWith(prefix) ? Number(address.slice(prefix.length)) : Number.NaN;
    return Number.isInteger(host) && host >= FIRST && host <= LAST ? host : undefined;
  }
}
