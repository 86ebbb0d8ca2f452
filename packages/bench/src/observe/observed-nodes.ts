import type { KubeClient } from '../client/kube-client.js';
import type { Observation } from './observation.js';
import { watchRows } from './table-rows.js';

/** How many nodes there are and are Ready, as a watch shows them. */
export class ObservedNodes {
  readonly #nodes = new Map<string, boolean>();
  readonly #stop: () => void;
  #ready = 0;

  constructor(client: KubeClient, observation: Observation) {
    this.#stop = watchRows(
      client,
      observation,
      '/api/v1/nodes',
      ['Name', 'Status'],
      (type, [name = '', status = '']) => {
        const ready = type !== 'DELETED' && status.split(',').includes('Ready');
        this.#ready += Number(ready) - Number(this.#nodes.get(name) ?? false);
        if (type === 'DELETED') this.#nodes.delete(name);
        else this.#nodes.set(name, ready);
      },
    );
  }

  get count(): number {
    return this.#nodes.size;
  }

  get ready(): number {
    return this.#ready;
  }

  close(): void {
    this.#stop();
  }
}
