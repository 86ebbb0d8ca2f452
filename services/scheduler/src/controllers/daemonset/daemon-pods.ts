import { randomUUID } from 'node:crypto';
import {
  type DaemonPodTemplate,
  daemonPodTemplate,
  generatedName,
  OVERRIDE_ANNOTATION,
  overrideFor,
  podNamePrefix,
  type ResourceOverride,
  type RoomDemands,
  roomDemands,
  withOverride,
} from '@everynode/daemonset';
import {
  type KubeObject,
  type PriorityFacts,
  resolvePriority,
  resourceByStorage,
  splitObject,
  timestamp,
  withPodScheduled,
  withServiceAccount,
} from '@everynode/objects';
import type { Fence, Store, WriteRequest } from '@everynode/store';
import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { Node, PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';
import type { NodeRoom } from '../../placement/node-room.js';

/** There is a pod with this name already. Among ten thousand names of five random characters a few are the same. */
class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
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
  demands: RoomDemands;
}

/** Makes the pods of one revision of a DaemonSet. What they have in common is worked out once. */
export class DaemonPodFactory {
  readonly #daemonSet: DaemonSet;
  readonly #hash: string;
  readonly #overrides: readonly ResourceOverride[];
  readonly #variants = new Map<string, Variant>();
  readonly #named: boolean;
  readonly #namespace: string;
  readonly #prefix: string;
  readonly #room: NodeRoom;
  readonly #find: FindPriorityClass;

  constructor(
    daemonSet: DaemonSet,
    hash: string,
    overrides: readonly ResourceOverride[],
    room: NodeRoom,
    find: FindPriorityClass,
  ) {
    this.#daemonSet = daemonSet;
    this.#hash = hash;
    this.#overrides = overrides;
    this.#namespace = daemonSet.metadata?.namespace ?? '';
    this.#prefix = podNamePrefix(daemonSet.metadata?.name ?? '');
    this.#room = room;
    this.#find = find;
    this.#named = Boolean(daemonSet.spec?.template.spec?.nodeName);
  }

  /** @throws ApiError Forbidden when the template names a PriorityClass that is not there. */
  #variant(override: ResourceOverride | undefined): Variant {
    const known = this.#variants.get(override?.hash ?? '');
    if (known) return known;
    let status: PodStatus = {};
    let demands: RoomDemands = { requests: new Map(), ports: [] };
    const template = daemonPodTemplate(withMark(this.#daemonSet, override), this.#hash, (templateSpec) => {
      const made = completed(this.#prefix, withOverride(templateSpec, override), this.#find);
      status = made.status;
      demands = roomDemands(made.spec);
      return made.spec;
    });
    const variant = { template, status, demands };
    this.#variants.set(override?.hash ?? '', variant);
    return variant;
  }

  /**
   * Creates a pod on a node, under a name that is free. `labelled` is the node's object, where it is there; `now` in ms since
   * the epoch. Its room is promised until the caller withdraws the promise, when the caches show the pod.
   */
  async createOn(
    node: string,
    labelled: Node | undefined,
    now: number,
    fence: Fence,
    store: Pick<Store, 'write'>,
  ): Promise<CreatedPod> {
    const variant = this.#variant(overrideFor(this.#overrides, labelled));
    for (;;) {
      const { name, uid, bound, request } = this.#creationOn(node, variant, now, fence);
      try {
        const { revision } = await store.write(request);
        return { name, uid, revision, bound };
      } catch (error) {
        this.#room.withdraw(uid);
        if (!(error instanceof NameTakenError)) throw error;
      }
    }
  }

  #creationOn(
    node: string,
    { template, status, demands }: Variant,
    now: number,
    fence: Fence,
  ): { name: string; uid: string; bound: boolean; request: WriteRequest } {
    const at = timestamp(now);
    const uid = randomUUID();
    const name = generatedName(this.#prefix, Math.random);
    const pod = template.podOn(node, name);
    // A node named by the template is not asked: whoever writes spec.nodeName goes past the scheduler, as upstream.
    const bound = this.#named || this.#room.take(node, uid, pod.spec, demands);
    if (!bound) delete pod.spec.nodeName;
    const object = {
      ...pod,
      metadata: { ...pod.metadata, namespace: this.#namespace, uid, creationTimestamp: at, generation: 1 },
      status: bound ? { ...status, conditions: withPodScheduled(undefined, { status: 'True' }, at) } : status,
    } as unknown as KubeObject;
    // Written out here and not in the decision: that runs while all other writers wait.
    const parts = splitObject(object);
    const placement = pod.spec.nodeName ?? null;
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
}
