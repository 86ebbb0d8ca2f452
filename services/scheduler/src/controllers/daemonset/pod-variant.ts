import {
  bindsAtOnce,
  type ClusterView,
  compileNodeDemands,
  type DaemonPodTemplate,
  daemonPodTemplate,
  type NodeDemands,
  type ResourceOverride,
  type RoomDemands,
  roomDemands,
  withOverride,
  withOverrideMark,
} from '@everynode/daemonset';
import { type DaemonSet, type Node, type PodSpec, type Stored, timestamp, withPodScheduled } from '@everynode/objects';
import { type AdmissionFacts, type CompletedPod, completePod } from '@everynode/pod-admission';
import { podNamePrefix } from '@everynode/workloads';
import { PodText } from '../workloads/pod-text.js';

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

/** The pods of a revision that have the same resources. What they have in common is computed once. */
export class PodVariant {
  /** The spec of every pod, without what pins it to its node. */
  readonly spec: PodSpec;
  readonly demands: RoomDemands;
  readonly #completed: CompletedPod;
  readonly #template: DaemonPodTemplate;
  readonly #namespace: string;
  readonly #at: string;
  #nodeDemands: NodeDemands | undefined;
  #bindsAtOnce: boolean | undefined;
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
      const { namespace, name } = daemonSet.metadata;
      const metadata = { name: podNamePrefix(name), namespace, ...(annotations && { annotations }) };
      completed = completePod(metadata, withOverride(templateSpec, override), facts.admission);
      return completed.spec;
    });
    this.spec = completed.spec;
    this.#completed = completed;
    this.demands = roomDemands(completed.spec);
  }

  /** False for a pod that a gate or a claim holds, that another scheduler places, or whose place depends on others. */
  bindsAtOnce(view: ClusterView): boolean {
    this.#bindsAtOnce ??= bindsAtOnce(
      { namespace: this.#namespace, labels: this.#template.labels, spec: this.spec, isDeleting: false },
      view,
    );
    return this.#bindsAtOnce;
  }

  /**
   * False for a node that lacks labels which the pod's RuntimeClass asks for: then the pod waits, as upstream's. What
   * the template asks for is looked at before there is a pod.
   */
  isMatchedBy(node: Node | undefined): boolean {
    if (this.spec.runtimeClassName === undefined || !node) return true;
    const { name = '', labels = {} } = node.metadata ?? {};
    this.#nodeDemands ??= compileNodeDemands(this.spec);
    return this.#nodeDemands.missing({ name, labels }) === undefined;
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
    const status = isBound
      ? { ...first, conditions: withPodScheduled(undefined, { status: 'True' }, at) }
      : {
          ...first,
          ...(first.conditions && { conditions: first.conditions.map((one) => ({ ...one, lastTransitionTime: at })) }),
        };
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
