import type { Container, Pod } from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { SubresourceDefinition, SubresourcePart, Verb } from '../resource.js';
import { validateEphemeralContainersUpdate } from '../validation/ephemeral-containers-update.js';
import { validatePodResize } from '../validation/pod-resize.js';
import { writesSpec } from './define-resource.js';

const verbs: Verb[] = ['get', 'patch', 'update'];

const ephemeralContainersPart: SubresourcePart<Stored<Pod>> = {
  prepare: writesSpec((object, current) => {
    const wanted = object.spec?.ephemeralContainers;
    const { ephemeralContainers: _before, ...spec } = current.spec ?? { containers: [] };
    return structuredClone({ ...spec, ...(wanted?.length && { ephemeralContainers: wanted }) });
  }),
  validate: validateEphemeralContainersUpdate,
};

/** What `kubectl debug` writes. Source: pkg/registry/core/pod/strategy.go, podEphemeralContainersStrategy. */
export const ephemeralContainers: SubresourceDefinition = {
  name: 'ephemeralcontainers',
  verbs,
  part: ephemeralContainersPart,
};

/**
 * Returns the stored containers with the resources that were sent. When a container was added, removed, moved or
 * renamed, it returns the containers as they were sent, and validation refuses them.
 */
function resized(wanted: Container[] | undefined, before: Container[] | undefined): Container[] | undefined {
  const isSame = wanted?.length === before?.length && wanted?.every(({ name }, at) => name === before?.[at]?.name);
  if (!isSame) return wanted;
  return before?.map((container, at) => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = container;
    const { resources, resizePolicy } = wanted?.[at] ?? {};
    return { ...rest, ...(resources && { resources }), ...(resizePolicy && { resizePolicy }) };
  });
}

const resizePart: SubresourcePart<Stored<Pod>> = {
  prepare: writesSpec((object, current) => {
    const { spec: wanted } = object;
    const before = current.spec;
    const initContainers = resized(wanted?.initContainers, before?.initContainers);
    return structuredClone({
      ...before,
      containers: resized(wanted?.containers, before?.containers) ?? [],
      ...(initContainers && { initContainers }),
    });
  }),
  validate: validatePodResize,
};

/** Changes CPU and memory of a running pod. Source: pkg/registry/core/pod/strategy.go, podResizeStrategy. */
export const resize: SubresourceDefinition = { name: 'resize', verbs, part: resizePart };
