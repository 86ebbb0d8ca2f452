import { randomUUID } from 'node:crypto';
import { type DaemonPodTemplate, daemonPodTemplate, generatedName, podNamePrefix } from '@everynode/daemonset';
import { type KubeObject, resourceByStorage, splitObject, timestamp } from '@everynode/objects';
import type { Fence, Store, WriteRequest } from '@everynode/store';
import type { DaemonSet } from 'kubernetes-types/apps/v1.js';
import type { PodSpec, PodStatus } from 'kubernetes-types/core/v1.js';

/** There is a pod with this name already. Among ten thousand names of five random characters a few are the same. */
class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
}

const podDefinition = resourceByStorage('pods');

/** Spec and first status of a pod as the api would have stored them. */
function completed(spec: PodSpec): { spec: PodSpec; status: PodStatus } {
  const metadata = { name: 'prototype', uid: '', creationTimestamp: '' };
  const pod: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata, spec: structuredClone(spec) };
  podDefinition.setDefaults(pod);
  podDefinition.prepareForCreate(pod);
  return { spec: { serviceAccountName: 'default', ...(pod.spec as PodSpec) }, status: pod.status as PodStatus };
}

/** Makes the pods of one revision of a DaemonSet. What they have in common is worked out once. */
export class DaemonPodFactory {
  readonly #template: DaemonPodTemplate;
  #status: PodStatus = {};
  readonly #namespace: string;
  readonly #prefix: string;

  constructor(daemonSet: DaemonSet, hash: string) {
    this.#template = daemonPodTemplate(daemonSet, hash, (templateSpec) => {
      const { spec, status } = completed(templateSpec);
      this.#status = status;
      return spec;
    });
    this.#namespace = daemonSet.metadata?.namespace ?? '';
    this.#prefix = podNamePrefix(daemonSet.metadata?.name ?? '');
  }

  /** Creates a pod on a node, under a name that is free. `now` in ms since the epoch. */
  async createOn(
    node: string,
    now: number,
    fence: Fence,
    store: Pick<Store, 'write'>,
  ): Promise<{ name: string; uid: string; revision: number }> {
    for (;;) {
      const { name, uid, request } = this.#creationOn(node, now, fence);
      try {
        const { revision } = await store.write(request);
        return { name, uid, revision };
      } catch (error) {
        if (!(error instanceof NameTakenError)) throw error;
      }
    }
  }

  #creationOn(node: string, now: number, fence: Fence): { name: string; uid: string; request: WriteRequest } {
    const at = timestamp(now);
    const uid = randomUUID();
    const name = generatedName(this.#prefix, Math.random);
    const pod = this.#template.podOn(node, name);
    const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: at };
    const object = {
      ...pod,
      metadata: { ...pod.metadata, namespace: this.#namespace, uid, creationTimestamp: at, generation: 1 },
      status: { ...this.#status, conditions: [scheduled] },
    } as unknown as KubeObject;
    return {
      name,
      uid,
      request: {
        key: { resource: 'pods', namespace: this.#namespace, name },
        reads: 'head',
        fence,
        decide: (current) => {
          if (current) throw new NameTakenError(name);
          return { kind: 'create', uid, parts: splitObject(object), placement: pod.spec.nodeName ?? null };
        },
      },
    };
  }
}
