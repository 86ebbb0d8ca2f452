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

/** A ConfigMap or Secret that a pod names. */
interface Reference {
  object: NeededObject;
  isOptional: boolean;
}

/** Of the ConfigMap that a controller publishes in each namespace; it is taken for present. */
const ROOT_CA = 'kube-root-ca.crt';

interface Selected {
  name?: string;
  key?: string;
  optional?: boolean | null;
}

function referenceTo(kind: NeededObject['kind'], selected: Selected | null | undefined): Reference[] {
  if (!selected?.name) return [];
  const { name, key, optional } = selected;
  return [{ object: { kind, name, ...(key !== undefined && { key }) }, isOptional: optional === true }];
}

function ofContainer({ env, envFrom }: Pick<Container, 'env' | 'envFrom'>): Reference[] {
  return [
    ...(envFrom ?? []).flatMap(({ configMapRef, secretRef }) => [
      ...referenceTo('ConfigMap', configMapRef),
      ...referenceTo('Secret', secretRef),
    ]),
    ...(env ?? []).flatMap(({ valueFrom }) => [
      ...referenceTo('ConfigMap', valueFrom?.configMapKeyRef),
      ...referenceTo('Secret', valueFrom?.secretKeyRef),
    ]),
  ];
}

type Volume = NonNullable<PodSpec['volumes']>[number];

interface FileSource extends Selected {
  items?: { key: string }[] | null;
}

/** The object as a whole, and each key that is mounted under a path of its own. */
function withItems(kind: NeededObject['kind'], source: FileSource | null | undefined): Reference[] {
  const whole = referenceTo(kind, source);
  const items = (source?.items ?? []).flatMap(({ key }) => referenceTo(kind, { ...source, key }));
  return [...whole, ...items];
}

function ofVolume({ configMap, secret, projected }: Volume): Reference[] {
  const named = secret ? { ...secret, name: secret.secretName ?? '' } : undefined;
  return [
    ...withItems('ConfigMap', configMap),
    ...withItems('Secret', named),
    ...(projected?.sources ?? []).flatMap((source) => [
      ...withItems('ConfigMap', source.configMap).map(publishedByController),
      ...withItems('Secret', source.secret),
    ]),
  ];
}

const publishedByController = ({ object, isOptional }: Reference): Reference => ({
  object,
  isOptional: isOptional || object.name === ROOT_CA,
});

const needs = (references: Reference[]): NeededObject[] =>
  references.flatMap(({ object, isOptional }) => (isOptional ? [] : [object]));

/**
 * The ConfigMaps and Secrets without which a pod does not start, in the order in which a kubelet looks for them. What
 * is optional is left out. Pull secrets are not needed. Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables;
 * pkg/volume/configmap, secret and projected.
 */
export function neededObjects({ initContainers, containers, volumes }: PodSpec): Need[] {
  return [
    ...(volumes ?? []).flatMap((volume) =>
      needs(ofVolume(volume)).map((need): Need => ({ ...need, volume: volume.name })),
    ),
    ...[...(initContainers ?? []), ...containers].flatMap((container) =>
      needs(ofContainer(container)).map((need): Need => ({ ...need, container: container.name })),
    ),
  ];
}

/** The ConfigMaps and Secrets whose content a pod uses where they exist, each once, without their keys. */
export function usedObjects(spec: PodSpec): NeededObject[] {
  const { initContainers, containers, ephemeralContainers, volumes, imagePullSecrets } = spec;
  const references = [
    ...(imagePullSecrets ?? []).flatMap((secret) => referenceTo('Secret', secret)),
    ...(volumes ?? []).flatMap(ofVolume),
    ...[...(initContainers ?? []), ...containers, ...(ephemeralContainers ?? [])].flatMap(ofContainer),
  ];
  const used = new Map<string, NeededObject>();
  for (const { object } of references)
    used.set(`${object.kind} ${object.name}`, { kind: object.kind, name: object.name });
  return [...used.values()];
}
