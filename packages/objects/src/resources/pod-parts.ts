import type { Container, EphemeralContainer, Pod } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import type { SubresourceDefinition, Verb } from '../resource.js';
import { validateEphemeralContainersUpdate } from '../validation/ephemeral-containers.js';
import { validatePodResize } from '../validation/pod-resize.js';
import { writesSpec } from './define-resource.js';

const podOf = (object: KubeObject): Pod => object as unknown as Pod;
const verbs: Verb[] = ['get', 'patch', 'update'];

/** What `kubectl debug` writes. Source: pkg/registry/core/pod/strategy.go, podEphemeralContainersStrategy. */
export const ephemeralContainers: SubresourceDefinition = {
  name: 'ephemeralcontainers',
  verbs,
  part: {
    prepare: writesSpec((object, current) => {
      const wanted = podOf(object).spec?.ephemeralContainers as EphemeralContainer[] | undefined;
      const { ephemeralContainers: _before, ...spec } = podOf(current).spec ?? { containers: [] };
      return structuredClone({ ...spec, ...(wanted?.length && { ephemeralContainers: wanted }) });
    }),
    validate: (object, current) => validateEphemeralContainersUpdate(podOf(object), podOf(current)),
  },
};

/** Containers as they were, but for their resources; as they are sent where any is added, removed, moved or renamed. */
function resized(wanted: readonly Container[] | undefined, before: readonly Container[] | undefined) {
  const isSame = wanted?.length === before?.length && wanted?.every(({ name }, at) => name === before?.[at]?.name);
  if (!isSame) return wanted;
  return before?.map((container, at) => {
    const { resources, resizePolicy, ...rest } = container as Container & { resizePolicy?: unknown };
    const sent = wanted?.[at] as Container & { resizePolicy?: unknown };
    return {
      ...rest,
      ...(sent.resources !== undefined && { resources: sent.resources }),
      ...(sent.resizePolicy !== undefined && { resizePolicy: sent.resizePolicy }),
    };
  });
}

/** Changes CPU and memory of a pod that runs. Source: pkg/registry/core/pod/strategy.go, podResizeStrategy. */
export const resize: SubresourceDefinition = {
  name: 'resize',
  verbs,
  part: {
    prepare: writesSpec((object, current) => {
      const { spec: wanted } = podOf(object);
      const before = podOf(current).spec;
      const containers = resized(wanted?.containers, before?.containers);
      const initContainers = resized(wanted?.initContainers, before?.initContainers);
      return structuredClone({ ...before, containers, ...(initContainers && { initContainers }) });
    }),
    validate: (object, current) => validatePodResize(podOf(object), podOf(current)),
  },
};
