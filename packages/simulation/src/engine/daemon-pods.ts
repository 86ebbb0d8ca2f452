import {
  type DaemonPodTemplate,
  daemonPodTemplate,
  overrideFor,
  type ResourceOverride,
  withOverride,
  withOverrideMark,
} from '@everynode/daemonset';
import type { DaemonSet, Node, Pod, PodSpec, PodStatus, Stored } from '@everynode/objects';
import { type AdmissionFacts, completePod } from '@everynode/pod-admission';
import { podNamePrefix } from '@everynode/workloads';

/** The pods of one revision that have the same resources. */
interface Variant {
  template: DaemonPodTemplate;
  status: PodStatus;
  annotations: Record<string, string> | undefined;
}

/** Makes the pods of one revision of a DaemonSet. */
export class DaemonPods {
  readonly #daemonSet: Stored<DaemonSet>;
  readonly #hash: string;
  readonly #overrides: readonly ResourceOverride[];
  readonly #facts: AdmissionFacts;
  readonly #variants = new Map<string, Variant>();

  constructor(
    daemonSet: Stored<DaemonSet>,
    hash: string,
    overrides: readonly ResourceOverride[],
    facts: AdmissionFacts,
  ) {
    this.#daemonSet = daemonSet;
    this.#hash = hash;
    this.#overrides = overrides;
    this.#facts = facts;
  }

  /**
   * Returns the pod of a node, which is pinned to it and not bound. `at` is RFC 3339.
   * @throws ApiError Forbidden when the namespace or the cluster does not admit such pods.
   */
  podOn(node: Node, { name, uid, at }: { name: string; uid: string; at: string }): Stored<Pod> & { spec: PodSpec } {
    const { template, status, annotations } = this.#variant(overrideFor(this.#overrides, node));
    const { metadata, spec } = template.podOn(node.metadata?.name ?? '', name);
    const { nodeName: _bound, ...unbound } = spec;
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...metadata,
        ...(annotations && { annotations }),
        name,
        namespace: this.#daemonSet.metadata.namespace,
        uid,
        creationTimestamp: at,
        generation: 1,
      },
      spec: unbound,
      status,
    };
  }

  #variant(override: ResourceOverride | undefined): Variant {
    const key = override?.hash ?? '';
    let variant = this.#variants.get(key);
    if (!variant) {
      variant = this.#newVariant(override);
      this.#variants.set(key, variant);
    }
    return variant;
  }

  #newVariant(override: ResourceOverride | undefined): Variant {
    const marked = withOverrideMark(this.#daemonSet, override);
    const { namespace, name } = this.#daemonSet.metadata;
    const own = marked.spec?.template.metadata?.annotations;
    let completed: ReturnType<typeof completePod> | undefined;
    const template = daemonPodTemplate(marked, this.#hash, (spec) => {
      const metadata = { name: podNamePrefix(name), namespace, ...(own && { annotations: own }) };
      completed = completePod(metadata, withOverride(spec, override), this.#facts);
      return completed.spec;
    });
    const { status = {}, annotations } = completed ?? {};
    return { template, status, annotations };
  }
}
