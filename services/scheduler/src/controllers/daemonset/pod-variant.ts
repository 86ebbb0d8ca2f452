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
  type PodSpec,
  type PodStatus,
  resourceByStorage,
  type Stored,
  timestamp,
  withPodScheduled,
} from '@everynode/objects';
import { type AdmissionFacts, admitPod, refuseUnallowedPod } from '@everynode/pod-admission';
import { PodText } from './pod-text.js';

/** What all pods of one revision that are created at one time have in common. */
export interface RevisionFacts {
  daemonSet: Stored<DaemonSet>;
  /** The hash of the current revision. */
  hash: string;
  /** What admission knows of the DaemonSet's namespace. */
  admission: AdmissionFacts;
  /** ms since the epoch. */
  now: number;
}

/** The parts of a pod that admission completes. */
interface CompletedPod {
  spec: PodSpec;
  status: PodStatus;
  annotations: Record<string, string> | undefined;
}

const podDefinition = resourceByStorage('pods');

/** The pods of a revision that have the same resources. What they have in common is computed once. */
export class PodVariant {
  /** The spec of every pod, without what pins it to its node. */
  readonly spec: PodSpec;
  readonly demands: RoomDemands;
  readonly #completed: CompletedPod;
  readonly #template: DaemonPodTemplate;
  readonly #namespace: string;
  readonly #at: string;
  #bound: PodText | undefined;
  #waiting: PodText | undefined;

  /** @throws ApiError Forbidden when the namespace or the cluster does not admit such pods: see admitPod. */
  constructor(facts: RevisionFacts, override: ResourceOverride | undefined) {
    const { daemonSet, hash, now } = facts;
    this.#namespace = daemonSet.metadata.namespace;
    this.#at = timestamp(now);
    const marked = withOverrideMark(daemonSet, override);
    let completed: CompletedPod = { spec: { containers: [] }, status: {}, annotations: undefined };
    this.#template = daemonPodTemplate(marked, hash, (templateSpec) => {
      const annotations = marked.spec?.template.metadata?.annotations;
      completed = complete(facts, withOverride(templateSpec, override), annotations);
      return completed.spec;
    });
    this.spec = completed.spec;
    this.#completed = completed;
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
    const { status: first, annotations } = this.#completed;
    const status = isBound ? { ...first, conditions: withPodScheduled(undefined, { status: 'True' }, at) } : first;
    return new PodText(({ name, node, uid }) => {
      const { metadata, spec } = this.#template.podOn(node, name);
      if (!isBound) delete spec.nodeName;
      return {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: {
          ...metadata,
          ...(annotations && { annotations }),
          name,
          namespace: this.#namespace,
          uid,
          creationTimestamp: at,
          generation: 1,
        },
        spec,
        status,
      };
    });
  }
}

/** Returns the parts of a pod as the api would have stored them. @throws ApiError Forbidden, as the api would. */
function complete(
  { daemonSet, admission }: RevisionFacts,
  template: PodSpec,
  annotations: Record<string, string> | undefined,
): CompletedPod {
  const { namespace, name } = daemonSet.metadata;
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podNamePrefix(name),
      namespace,
      uid: '',
      creationTimestamp: '',
      ...(annotations && { annotations }),
    },
    spec: structuredClone(template),
    status: {},
  };
  podDefinition.setDefaults(pod);
  admitPod(pod, admission);
  podDefinition.prepareForCreate(pod);
  refuseUnallowedPod(pod, admission);
  return { spec: pod.spec, status: pod.status, annotations: pod.metadata.annotations };
}

/** Marks the template's pods with the resources that they are created with. */
function withOverrideMark(daemonSet: Stored<DaemonSet>, override: ResourceOverride | undefined): DaemonSet {
  const { spec } = daemonSet;
  if (!override || !spec) return daemonSet;
  const { metadata } = spec.template;
  const annotations = { ...metadata?.annotations, [OVERRIDE_ANNOTATION]: override.hash };
  return { ...daemonSet, spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } } };
}
