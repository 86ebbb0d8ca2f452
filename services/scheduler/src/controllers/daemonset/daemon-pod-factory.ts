import { randomUUID } from 'node:crypto';
import {
  type DaemonPodTemplate,
  daemonPodTemplate,
  OVERRIDE_ANNOTATION,
  overrideFor,
  podNamePrefix,
  type ResourceOverride,
  type RoomDemands,
  roomDemands,
  withOverride,
} from '@everynode/daemonset';
import {
  type DaemonSet,
  generatedName,
  type KubeObject,
  type Node,
  type PodSpec,
  type PodStatus,
  type PriorityFacts,
  resolvePriority,
  resourceByStorage,
  timestamp,
  withPodScheduled,
  withServiceAccount,
} from '@everynode/objects';
import type { Fence, Store, WriteRequest } from '@everynode/store';
import type { NodeCapacity } from '../../placement/node-capacity.js';
import { PodText } from './pod-text.js';

/** There is a pod with this name already. Among ten thousand names of five random characters a few are the same. */
class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
  readonly retryable = true;
}

const podDefinition = resourceByStorage('pods');

/** The class of that name, if there is one; without a name the one for pods that name none. */
export type FindPriorityClass = (name: string | undefined) => PriorityFacts | undefined;

/** Spec and first status of a pod as the api would have stored them. */
function completed(prefix: string, spec: PodSpec, find: FindPriorityClass): { spec: PodSpec; status: PodStatus } {
  const metadata = { name: 'prototype', uid: '', creationTimestamp: '' };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec: structuredClone(spec) };
  podDefinition.setDefaults(pod);
  podDefinition.prepareForCreate(pod);
  return {
    spec: resolvePriority(prefix, withServiceAccount(pod.spec as PodSpec), find),
    status: pod.status as PodStatus,
  };
}

/** A pod that was created. Without room on its node it is not bound to it, and waits there for the placement. */
export interface CreatedPod {
  name: string;
  uid: string;
  revision: number;
  bound: boolean;
}

/** Says on the pods which resources they were made with. */
function withMark(daemonSet: DaemonSet, override: ResourceOverride | undefined): DaemonSet {
  const { spec } = daemonSet;
  if (!override || !spec) return daemonSet;
  const { metadata } = spec.template;
  const annotations = { ...metadata?.annotations, [OVERRIDE_ANNOTATION]: override.hash };
  return { ...daemonSet, spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } } };
}

/** What all pods with the same resources have in common. */
interface Variant {
  template: DaemonPodTemplate;
  status: PodStatus;
  /** Of every pod: they differ in what pins them. */
  spec: PodSpec;
  demands: RoomDemands;
  /** Of those that are bound to their node, and of those that wait for room there; made when the first one is. */
  bound: PodText | undefined;
  waiting: PodText | undefined;
}

/** Makes the pods of one revision of a DaemonSet at one moment. What they have in common is worked out once. */
export class DaemonPodFactory {
  readonly #daemonSet: DaemonSet;
  readonly #hash: string;
  readonly #overrides: readonly ResourceOverride[];
  readonly #variants = new Map<string, Variant>();
  /** `spec.nodeName` of the template, which goes past the scheduler; as upstream, nobody asks whether the node has room. */
  readonly #named: string | undefined;
  readonly #at: string;
  readonly #namespace: string;
  readonly #prefix: string;
  readonly #capacity: NodeCapacity;
  readonly #find: FindPriorityClass;

  constructor(
    daemonSet: DaemonSet,
    hash: string,
    overrides: readonly ResourceOverride[],
    capacity: NodeCapacity,
    find: FindPriorityClass,
    now: number,
  ) {
    this.#daemonSet = daemonSet;
    this.#hash = hash;
    this.#overrides = overrides;
    this.#namespace = daemonSet.metadata?.namespace ?? '';
    this.#prefix = podNamePrefix(daemonSet.metadata?.name ?? '');
    this.#capacity = capacity;
    this.#find = find;
    this.#named = daemonSet.spec?.template.spec?.nodeName || undefined;
    this.#at = timestamp(now);
  }

  /** @throws ApiError Forbidden when the template names a PriorityClass that is not there. */
  #variant(override: ResourceOverride | undefined): Variant {
    const known = this.#variants.get(override?.hash ?? '');
    if (known) return known;
    let status: PodStatus = {};
    let spec: PodSpec = { containers: [] };
    let demands: RoomDemands = { requests: new Map(), ports: [] };
    const template = daemonPodTemplate(withMark(this.#daemonSet, override), this.#hash, (templateSpec) => {
      const made = completed(this.#prefix, withOverride(templateSpec, override), this.#find);
      status = made.status;
      spec = made.spec;
      demands = roomDemands(made.spec);
      return made.spec;
    });
    const variant = { template, status, spec, demands, bound: undefined, waiting: undefined };
    this.#variants.set(override?.hash ?? '', variant);
    return variant;
  }

  /**
   * Creates a pod on a node, under a name that is free. `labelled` is the node's object, where it is there. Its room is
   * promised until the caller withdraws the promise, when the caches show the pod.
   */
  async createOn(
    node: string,
    labelled: Node | undefined,
    fence: Fence,
    store: Pick<Store, 'write'>,
  ): Promise<CreatedPod> {
    const variant = this.#variant(overrideFor(this.#overrides, labelled));
    for (;;) {
      const { name, uid, bound, request } = this.#creationOn(node, variant, fence);
      try {
        const { revision } = await store.write(request);
        return { name, uid, revision, bound };
      } catch (error) {
        this.#capacity.release(uid);
        if (!(error instanceof NameTakenError)) throw error;
      }
    }
  }

  #creationOn(
    node: string,
    variant: Variant,
    fence: Fence,
  ): { name: string; uid: string; bound: boolean; request: WriteRequest<'head'> } {
    const uid = randomUUID();
    const name = generatedName(this.#prefix);
    const bound = this.#named !== undefined || this.#capacity.reserveIfFits(node, uid, variant.spec, variant.demands);
    const placement = bound ? (this.#named ?? node) : null;
    // Written out here and not in the decision: that runs while all other writers wait.
    const parts = this.#textOf(variant, bound).fill({ name, node, uid });
    return {
      name,
      uid,
      bound,
      request: {
        key: { resource: 'pods', namespace: this.#namespace, name },
        reads: 'head',
        fence,
        decide: (current) => {
          if (current) throw new NameTakenError(name);
          return { kind: 'create', uid, parts, placement };
        },
      },
    };
  }

  #textOf(variant: Variant, bound: boolean): PodText {
    if (bound) {
      variant.bound ??= this.#write(variant, true);
      return variant.bound;
    }
    variant.waiting ??= this.#write(variant, false);
    return variant.waiting;
  }

  #write({ template, status }: Variant, bound: boolean): PodText {
    const at = this.#at;
    return new PodText(({ name, node, uid }) => {
      const pod = template.podOn(node, name);
      if (!bound) delete pod.spec.nodeName;
      return {
        ...pod,
        metadata: { ...pod.metadata, namespace: this.#namespace, uid, creationTimestamp: at, generation: 1 },
        status: bound ? { ...status, conditions: withPodScheduled(undefined, { status: 'True' }, at) } : status,
      } as unknown as KubeObject;
    });
  }
}
