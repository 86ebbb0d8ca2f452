import { JSON_TYPE, type KubeClient } from '../client/kube-client.js';
import type { Observation } from './observation.js';

interface DaemonSet {
  metadata: { name: string; generation: number };
  status?: {
    observedGeneration?: number;
    desiredNumberScheduled?: number;
    updatedNumberScheduled?: number;
    numberAvailable?: number;
  };
}

interface Rollout {
  generation: number;
  done: boolean;
}

/** Whether the status shows that the newest generation is on every node and available. */
function isRolledOut({ metadata, status = {} }: DaemonSet): boolean {
  const { desiredNumberScheduled: desired = -1, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
  return (
    status.observedGeneration === metadata.generation &&
    updatedNumberScheduled === desired &&
    numberAvailable === desired
  );
}

/** The DaemonSets of a selector, and which of them have rolled out, as a watch shows them. */
export class ObservedDaemonSets {
  readonly #sets = new Map<string, Rollout>();
  readonly #stop: () => void;
  #rolledOut = 0;

  constructor(client: KubeClient, observation: Observation, namespace: string, selector: string) {
    const query = `watch=true&labelSelector=${encodeURIComponent(selector)}`;
    this.#stop = client.watch<DaemonSet>(
      `/apis/apps/v1/namespaces/${namespace}/daemonsets?${query}`,
      JSON_TYPE,
      ({ type, object }) => {
        if (type === 'BOOKMARK') return;
        const { name, generation } = object.metadata;
        const rollout = { generation, done: type !== 'DELETED' && isRolledOut(object) };
        this.#rolledOut += Number(rollout.done) - Number(this.#sets.get(name)?.done ?? false);
        if (type === 'DELETED') this.#sets.delete(name);
        else this.#sets.set(name, rollout);
        observation.changed();
      },
      (error) => observation.fail(error),
    );
  }

  get count(): number {
    return this.#sets.size;
  }

  get rolledOut(): number {
    return this.#rolledOut;
  }

  /** The lowest generation of all, 0 when there is none. When it has grown, a change of each has been observed. */
  get generation(): number {
    return this.#sets.size === 0 ? 0 : Math.min(...[...this.#sets.values()].map(({ generation }) => generation));
  }

  close(): void {
    this.#stop();
  }
}
