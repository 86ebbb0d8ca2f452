import type { AssignedPod } from '@everynode/kubelet';

const PREFIX = 'io.everynode.';
const NODE = `${PREFIX}node`;
const UID = `${PREFIX}pod.uid`;
const CONTAINER = `${PREFIX}container.name`;
const INSTANCE = `${PREFIX}container.restart-count`;

type Labels = Readonly<Record<string, string>>;

/** Labels of all containers of a node: two agents may use one engine. */
export const nodeLabels = (node: string): Record<string, string> => ({ [NODE]: node });

/** Labels of all containers of a pod. */
export const podLabels = (uid: string): Record<string, string> => ({ [UID]: uid });

/** Labels of the container that holds the network of a pod. */
export const sandboxLabels = ({ metadata, spec }: AssignedPod): Record<string, string> => ({
  ...nodeLabels(spec.nodeName),
  ...podLabels(metadata.uid),
  [`${PREFIX}pod.name`]: metadata.name,
  [`${PREFIX}pod.namespace`]: metadata.namespace,
});

/** Labels of the run of a container that has this number. */
export const containerLabels = (pod: AssignedPod, container: string, instance: number): Record<string, string> => ({
  ...sandboxLabels(pod),
  [CONTAINER]: container,
  [INSTANCE]: String(instance),
});

/** What labels say: the pod, and the run of a container of it; without one it is the sandbox. */
export function readLabels(labels: Labels): { uid: string; container?: string; instance: number } {
  const container = labels[CONTAINER];
  return {
    uid: labels[UID] ?? '',
    ...(container !== undefined && { container }),
    instance: Number(labels[INSTANCE] ?? 0),
  };
}

/** The name that a container has in the engine. There is one for each run, so that no run is made twice. */
export function engineName({ metadata }: AssignedPod, container: string, instance: number): string {
  return ['everynode', container, metadata.name, metadata.namespace, metadata.uid, instance].join('_');
}

/** The name that stands for the sandbox in place of a container's. No container has capital letters. */
export const SANDBOX = 'POD';
