import type { Need, NeededObject } from '@everynode/objects';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { subPathFaults } from './sub-paths.js';

/** What keeps a pod or some of its containers from being started, in a kubelet's words. */
export interface StartFaults {
  /** By volume: no container starts before all volumes are there. */
  volumes: ReadonlyMap<string, string>;
  /** By container: why it is not created. */
  containers: ReadonlyMap<string, string>;
}

const NOUNS = { ConfigMap: 'configmap', Secret: 'secret' } as const;

/** Source: k8s.io/apimachinery/pkg/api/errors, NewNotFound; pkg/volume/configmap and secret, MakePayload. */
function volumeFault({ kind, name, key }: NeededObject): string {
  if (key === undefined) return `${NOUNS[kind]} ${JSON.stringify(name)} not found`;
  return kind === 'ConfigMap'
    ? `configmap references non-existent config key: ${key}`
    : `references non-existent secret key: ${key}`;
}

/** Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables. */
function variableFault({ kind, name, key }: NeededObject, namespace: string, isThere: boolean): string {
  return isThere && key !== undefined
    ? `couldn't find key ${key} in ${kind} ${namespace}/${name}`
    : `${NOUNS[kind]} ${JSON.stringify(name)} not found`;
}

const textOf = ({ kind, name, key }: NeededObject): string => `${kind} ${name} ${key ?? ''}`;

/** `missing` has the objects and keys that do not exist, as the control plane names them. */
export function startFaults(pod: AssignedPod, needs: readonly Need[], missing: readonly NeededObject[]): StartFaults {
  const absent = new Set(missing.map(textOf));
  const isThere = ({ kind, name }: NeededObject): boolean => !absent.has(textOf({ kind, name }));
  const volumes = new Map<string, string>();
  const containers = new Map(subPathFaults(pod));
  for (const need of needs) {
    if (isThere(need) && !absent.has(textOf(need))) continue;
    if (need.volume !== undefined) {
      // A key is not looked for in an object that is not there.
      if (!volumes.has(need.volume)) volumes.set(need.volume, volumeFault(need));
    } else if (!containers.has(need.container)) {
      containers.set(need.container, variableFault(need, pod.metadata.namespace, isThere(need)));
    }
  }
  return { volumes, containers };
}
