import { randomUUID } from 'node:crypto';
import { type ClusterView, overrideFor, type ResourceOverride } from '@everynode/daemonset';
import { generatedName, type Node } from '@everynode/objects';
import type { Fence, Store, WriteRequest } from '@everynode/store';
import { podNamePrefix } from '@everynode/workloads';
import type { NodeCapacity } from '../../placement/node-capacity.js';
import { creationOf, NameTakenError } from '../workloads/new-object.js';
import { PodVariant, type RevisionFacts } from './pod-variant.js';

/** A pod that was created. */
interface CreatedPod {
  name: string;
  uid: string;
  revision: number;
  /** False for a pod that its node has no capacity for: the pod placement binds it later. */
  bound: boolean;
}

/** What the factory needs beside the revision. */
interface FactoryOptions extends RevisionFacts {
  overrides: readonly ResourceOverride[];
  capacity: NodeCapacity;
  /** What the place of a pod may depend on beside its node: then the pod placement binds it. */
  view: ClusterView;
}

/** Creates the pods of one revision of a DaemonSet at one time. */
export class DaemonPodFactory {
  readonly #options: FactoryOptions;
  readonly #prefix: string;
  /** `spec.nodeName` of the template bypasses the scheduler; as upstream, the node's capacity is not checked then. */
  readonly #nodeName: string | undefined;
  /** By the hash of their override; '' for pods without one. */
  readonly #variants = new Map<string, PodVariant>();

  constructor(options: FactoryOptions) {
    const { daemonSet } = options;
    this.#options = options;
    this.#prefix = podNamePrefix(daemonSet.metadata.name);
    this.#nodeName = daemonSet.spec?.template.spec?.nodeName || undefined;
  }

  /**
   * Creates a pod on a node, under a name that is free. `labelled` is the Node object, if it exists. The capacity stays
   * reserved until the caller releases it, which is when the caches show the pod.
   * @throws ApiError Forbidden when the template names a PriorityClass that does not exist.
   */
  async createOn(
    node: string,
    labelled: Node | undefined,
    fence: Fence,
    store: Pick<Store, 'write'>,
  ): Promise<CreatedPod> {
    const variant = this.#variant(overrideFor(this.#options.overrides, labelled));
    for (;;) {
      const { name, uid, bound, request } = this.#creationOn(node, variant, labelled, fence);
      try {
        const { revision } = await store.write(request);
        return { name, uid, revision, bound };
      } catch (error) {
        this.#options.capacity.release(uid);
        if (!(error instanceof NameTakenError)) throw error;
      }
    }
  }

  #variant(override: ResourceOverride | undefined): PodVariant {
    const key = override?.hash ?? '';
    const known = this.#variants.get(key);
    if (known) return known;
    const variant = new PodVariant(this.#options, override);
    this.#variants.set(key, variant);
    return variant;
  }

  #creationOn(
    node: string,
    variant: PodVariant,
    labelled: Node | undefined,
    fence: Fence,
  ): { name: string; uid: string; bound: boolean; request: WriteRequest<'head'> } {
    const { capacity, daemonSet } = this.#options;
    const uid = randomUUID();
    const name = generatedName(this.#prefix, Math.random);
    const bound =
      this.#nodeName !== undefined ||
      (variant.bindsAtOnce(this.#options.view) &&
        variant.isMatchedBy(labelled) &&
        capacity.reserveIfFits(node, uid, variant.spec, variant.demands));
    const placement = bound ? (this.#nodeName ?? node) : null;
    // Encoded here and not in the decision, which runs while all other writers wait.
    const parts = variant.textOf(bound).fill({ name, node, uid });
    return {
      name,
      uid,
      bound,
      request: creationOf(
        { resource: 'pods', namespace: daemonSet.metadata.namespace, name },
        { uid, parts, placement },
        fence,
      ),
    };
  }
}
