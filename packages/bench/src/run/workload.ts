import { concurrently } from '../client/concurrently.js';
import { type KubeClient, MERGE_PATCH } from '../client/kube-client.js';
import { Observation } from '../observe/observation.js';
import { ObservedDaemonSets } from '../observe/observed-daemonsets.js';
import { ObservedPods } from '../observe/observed-pods.js';

export const NAMESPACE = 'default';
const PATH = `/apis/apps/v1/namespaces/${NAMESPACE}/daemonsets`;
/** No workload has a pod on a node with this label. */
export const SKIP_LABEL = 'everynode.io/bench-skip';
const WORKLOAD_LABEL = 'everynode.io/bench-workload';
const WRITES_AT_ONCE = 16;

/** A DaemonSet on every node without the label that opts out; pods without requests, updated 10% at a time. */
function manifest(workload: string, name: string): object {
  const labels = { app: name, [WORKLOAD_LABEL]: workload };
  const affinity = {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: SKIP_LABEL, operator: 'DoesNotExist' }] }],
      },
    },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      selector: { matchLabels: { app: name } },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '10%' } },
      template: {
        metadata: { labels },
        spec: {
          affinity,
          tolerations: [{ operator: 'Exists' }],
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'main', image: 'bench:1' }],
        },
      },
    },
  };
}

/**
 * A number of equal DaemonSets on all nodes, and their pods, as watches show them: nothing is polled, and only events
 * of the server count.
 */
export class Workload {
  readonly observation = new Observation();
  readonly pods: ObservedPods;
  readonly sets: ObservedDaemonSets;
  readonly names: readonly string[];
  readonly selector: string;
  /** Number of pods when all of them exist. */
  readonly wanted: number;
  readonly #client: KubeClient;
  readonly #name: string;
  #image = 1;

  constructor(client: KubeClient, nodes: number, count: number) {
    this.#client = client;
    this.#name = count === 1 ? 'bench' : `bench-${count}`;
    this.names = count === 1 ? [this.#name] : Array.from({ length: count }, (_, i) => `${this.#name}-${i + 1}`);
    this.wanted = count * nodes;
    this.selector = `${WORKLOAD_LABEL}=${this.#name}`;
    this.pods = new ObservedPods(client, this.observation, NAMESPACE, this.selector);
    this.sets = new ObservedDaemonSets(client, this.observation, NAMESPACE, this.selector);
  }

  async apply(): Promise<void> {
    await concurrently(this.names, WRITES_AT_ONCE, (name) =>
      this.#client.call('POST', PATH, manifest(this.#name, name)),
    );
  }

  /** Changes the image of every DaemonSet. */
  async update(): Promise<void> {
    this.#image += 1;
    const containers = [{ name: 'main', image: `bench:${this.#image}-${Date.now()}` }];
    const patch = { spec: { template: { spec: { containers } } } };
    await concurrently(this.names, WRITES_AT_ONCE, (name) =>
      this.#client.call('PATCH', `${PATH}/${name}`, patch, { contentType: MERGE_PATCH }),
    );
  }

  async delete(): Promise<void> {
    await concurrently(this.names, WRITES_AT_ONCE, (name) =>
      this.#client.call('DELETE', `${PATH}/${name}`, undefined, { accepts: [404] }),
    );
  }

  get allReady(): boolean {
    return this.pods.ready === this.wanted && this.pods.count === this.wanted;
  }

  /** Everything has reached the state that is waited for. */
  async until(what: string, condition: () => boolean, signal: AbortSignal): Promise<void> {
    const found = () => `${what} (${this.pods.count} pods, ${this.pods.ready} ready, of ${this.wanted})`;
    await this.observation.until(found, condition, signal);
  }

  untilReady(signal: AbortSignal): Promise<void> {
    return this.until('all pods to be Ready', () => this.allReady, signal);
  }

  /** `generation` is what `sets.generation` was before the update. */
  untilRolledOut(generation: number, signal: AbortSignal): Promise<void> {
    const { sets, names } = this;
    const done = () => sets.rolledOut === names.length && sets.generation > generation;
    return this.until('the rollout', done, signal);
  }

  /** Brings all pods up where they are not, and waits until the status does not change any more. */
  async ensureReady(signal: AbortSignal): Promise<void> {
    if (this.sets.count < this.names.length) {
      await this.ensureAbsent(signal);
      await this.apply();
    }
    const { sets, names } = this;
    await this.until('a settled start', () => this.allReady && sets.rolledOut === names.length, signal);
  }

  async ensureAbsent(signal: AbortSignal): Promise<void> {
    await this.delete();
    await this.until('no pods', () => this.pods.count === 0 && this.sets.count === 0, signal);
  }

  close(): void {
    this.pods.close();
    this.sets.close();
  }
}
