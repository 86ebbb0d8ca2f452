import {
  type DaemonPodTemplate,
  daemonPodTemplate,
  OVERRIDE_ANNOTATION,
  podNamePrefix,
  type ResourceOverride,
  type RoomDemands,
  roomDemands,
  withOverride,
} from '@everynode/daemonset';
import {
  type DaemonSet,
  type KubeObject,
  type PodSpec,
  type PodStatus,
  type PriorityFacts,
  resolvePriority,
  resourceByStorage,
  type Stored,
  timestamp,
  withPodScheduled,
  withServiceAccount,
} from '@everynode/objects';
import { PodText } from './pod-text.js';

/** Returns the class of that name, if there is one; without a name the class of pods that name none. */
type FindPriorityClass = (name: string | undefined) => PriorityFacts | undefined;

/** What all pods of one revision that are created at one time have in common. */
export interface RevisionFacts {
  daemonSet: Stored<DaemonSet>;
  /** The hash of the current revision. */
  hash: string;
  findPriorityClass: FindPriorityClass;
  /** ms since the epoch. */
  now: number;
}

const podDefinition = resourceByStorage('pods');

/** The pods of a revision that have the same resources. What they have in common is computed once. */
export class PodVariant {
  /** The spec of every pod, without what pins it to its node. */
  readonly spec: PodSpec;
  readonly demands: RoomDemands;
  readonly #status: PodStatus;
  readonly #template: DaemonPodTemplate;
  readonly #namespace: string;
  readonly #at: string;
  #bound: PodText | undefined;
  #waiting: PodText | undefined;

  /** @throws ApiError Forbidden when the template names a PriorityClass that does not exist. */
  constructor({ daemonSet, hash, findPriorityClass, now }: RevisionFacts, override: ResourceOverride | undefined) {
    this.#namespace = daemonSet.metadata.namespace;
    this.#at = timestamp(now);
    const prefix = podNamePrefix(daemonSet.metadata.name);
    let completed: { spec: PodSpec; status: PodStatus } = { spec: { containers: [] }, status: {} };
    this.#template = daemonPodTemplate(withOverrideMark(daemonSet, override), hash, (templateSpec) => {
      completed = complete(prefix, withOverride(templateSpec, override), findPriorityClass);
      return completed.spec;
    });
    this.spec = completed.spec;
    this.#status = completed.status;
    this.demands = roomDemands(completed.spec);
  }

  /** Returns the text of pods that are bound to their node, or of those that wait for capacity there. */
  textOf(isBound: boolean): PodText {
    if (isBound) {
      this.#bound ??= this.#encode(true);
      return this.#bound;
    }
    this.#waiting ??= this.#encode(false);
    return this.#waiting;
  }

  #encode(isBound: boolean): PodText {
    const at = this.#at;
    const status = isBound
      ? { ...this.#status, conditions: withPodScheduled(undefined, { status: 'True' }, at) }
      : this.#status;
    return new PodText(({ name, node, uid }) => {
      const { metadata, spec } = this.#template.podOn(node, name);
      if (!isBound) delete spec.nodeName;
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, name, namespace: this.#namespace, uid, creationTimestamp: at, generation: 1 },
        spec,
        status,
      };
    });
  }
}

/** Returns the spec and first status of a pod as the api would have stored them. */
function complete(prefix: string, spec: PodSpec, find: FindPriorityClass): { spec: PodSpec; status: PodStatus } {
  const metadata = { name: 'prototype', uid: '', creationTimestamp: '' };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec: structuredClone(spec) };
  podDefinition.setDefaults(pod);
  podDefinition.prepareForCreate(pod);
  return {
    spec: resolvePriority(prefix, withServiceAccount(pod.spec as PodSpec), find),
    status: pod.status as PodStatus,
  };
}

/** Marks the template's pods with the resources that they are created with. */
function withOverrideMark(daemonSet: Stored<DaemonSet>, override: ResourceOverride | undefined): DaemonSet {
  const { spec } = daemonSet;
  if (!override || !spec) return daemonSet;
  const { metadata } = spec.template;
  const annotations = { ...metadata?.annotations, [OVERRIDE_ANNOTATION]: override.hash };
  return { ...daemonSet, spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } } };
}
