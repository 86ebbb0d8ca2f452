import type { Container, PodSpec } from './kinds/api-types.js';

/** A ConfigMap or Secret of a pod's namespace, and where one is named, the key in it, that must be there. */
export interface NeededObject {
  kind: 'ConfigMap' | 'Secret';
  name: string;
  /** Undefined where the whole object is used. */
  key?: string;
}

/** Who needs it: a container before it is created, or a volume before any container of the pod is. */
export type Need = NeededObject &
  ({ container: string; volume?: undefined } | { volume: string; container?: undefined });

/** Of the ConfigMap that a controller publishes in each namespace; it is taken for present. */
const ROOT_CA = 'kube-root-ca.crt';

interface Selected {
  name?: string;
  key?: string;
  optional?: boolean | null;
}

function needOf(kind: NeededObject['kind'], reference: Selected | null | undefined): NeededObject[] {
  if (!reference?.name || reference.optional) return [];
  return [{ kind, name: reference.name, ...(reference.key !== undefined && { key: reference.key }) }];
}

function ofContainer({ env, envFrom }: Pick<Container, 'env' | 'envFrom'>): NeededObject[] {
  return [
    ...(envFrom ?? []).flatMap(({ configMapRef, secretRef }) => [
      ...needOf('ConfigMap', configMapRef),
      ...needOf('Secret', secretRef),
    ]),
    ...(env ?? []).flatMap(({ valueFrom }) => [
      ...needOf('ConfigMap', valueFrom?.configMapKeyRef),
      ...needOf('Secret', valueFrom?.secretKeyRef),
    ]),
  ];
}

type Volume = NonNullable<PodSpec['volumes']>[number];

interface FileSource extends Selected {
  items?: { key: string }[] | null;
}

/** The object as a whole, and each key that is mounted under a path of its own. */
function withItems(kind: NeededObject['kind'], source: FileSource | null | undefined): NeededObject[] {
  const whole = needOf(kind, source);
  const items = (source?.items ?? []).flatMap(({ key }) => needOf(kind, { ...source, key }));
  return [...whole, ...items];
}

function ofVolume({ configMap, secret, projected }: Volume): NeededObject[] {
  const named = secret ? { ...secret, name: secret.secretName ?? '' } : undefined;
  return [
    ...withItems('ConfigMap', configMap),
    ...withItems('Secret', named),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...withItems('ConfigMap', source.configMap?.name === ROOT_CA ? undefined : source.configMap),
      ...withItems('Secret', source.secret),
    ]),
  ];
}

/**
 * The ConfigMaps and Secrets without which a pod does not start, in the order in which a kubelet looks for them. What
 * is optional is left out. Pull secrets are not needed. Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables;
 * pkg/volume/configmap, secret and projected.
 */
export function neededObjects({ initContainers, containers, volumes }: PodSpec): Need[] {
  return [
    ...(volumes ?? []).flatMap((volume) => ofVolume(volume).map((need): Need => ({ ...need, volume: volume.name }))),
    ...[...(initContainers ?? []), ...containers].flatMap((container) =>
      ofContainer(container).map((need): Need => ({ ...need, container: container.name })),
    ),
  ];
}
