import { nodePortAt, nodePortsFrom } from '@everynode/objects';

/** Random ports that are looked at for each port that is wanted, before all ports are in turn. */
const DRAWS = 16;

/**
 * Finds ports of nodes for one service. All that it wants cost one walk through the range together, because what was
 * used on the way stays so.
 */
export class FreeNodePorts {
  readonly #isUsed: (protocol: string, port: number) => boolean;
  readonly #random: () => number;
  readonly #walks = new Map<string, Iterator<number, undefined>>();

  constructor(isUsed: (protocol: string, port: number) => boolean, random: () => number) {
    this.#isUsed = isUsed;
    this.#random = random;
  }

  /** Returns a port that is not used; undefined where all are. */
  next(protocol: string): number | undefined {
    for (let draws = 0; draws < DRAWS && !this.#walks.has(protocol); draws += 1) {
      const port = nodePortAt(this.#random());
      if (!this.#isUsed(protocol, port)) return port;
    }
    const walk = this.#walks.get(protocol) ?? nodePortsFrom(this.#random());
    this.#walks.set(protocol, walk);
    let { value: port } = walk.next();
    while (port !== undefined && this.#isUsed(protocol, port)) port = walk.next().value;
    return port;
  }
}
