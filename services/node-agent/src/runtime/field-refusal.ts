import type { AssignedPod, ContainerRun, NodeRefusal } from '@everynode/kubelet';

/** A field of a pod that a runtime does not have: where it is, and which of its values ask for something. */
export interface RefusedField {
  /** `[]` stands for each item of a list. */
  path: string;
  /** Whether a value asks for what is not there; any value does where this is not said. */
  asks?: (value: unknown) => boolean;
}

export const isTrue = (value: unknown): boolean => value === true;
export const isFalse = (value: unknown): boolean => value === false;
export const isNot =
  (...usual: unknown[]) =>
  (value: unknown): boolean =>
    !usual.includes(value);

const CONTAINERS = ['spec.initContainers[]', 'spec.containers[]', 'spec.ephemeralContainers[]'];

export const inContainers = (path: string, asks?: RefusedField['asks']): RefusedField[] =>
  CONTAINERS.map((container) => ({ path: `${container}.${path}`, ...(asks && { asks }) }));

export const inSecurity = (path: string, asks?: RefusedField['asks']): RefusedField[] => [
  { path: `spec.securityContext.${path}`, ...(asks && { asks }) },
  ...inContainers(`securityContext.${path}`, asks),
];

/** The kinds of volumes that no machine has here; those that it has are in volumes/pod-volumes.ts. */
const VOLUMES = [
  'awsElasticBlockStore',
  'azureDisk',
  'azureFile',
  'cephfs',
  'cinder',
  'csi',
  'ephemeral',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'gitRepo',
  'glusterfs',
  'image',
  'iscsi',
  'nfs',
  'persistentVolumeClaim',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
];

/** What no runtime of a machine has of the volumes of a pod. */
export const REFUSED_VOLUMES: readonly RefusedField[] = [
  ...VOLUMES.map((kind) => ({ path: `spec.volumes[].${kind}` })),
  { path: 'spec.volumes[].projected.sources[].clusterTrustBundle' },
  { path: 'spec.volumes[].projected.sources[].podCertificate' },
];

/** The values at a path, in all items of the lists on it. */
function valuesAt(object: unknown, path: string): unknown[] {
  let values = [object];
  for (const part of path.split('.')) {
    const name = part.replace('[]', '');
    values = values.flatMap((value) => {
      const found = (value as Record<string, unknown> | null)?.[name];
      return part.endsWith('[]') ? ((found as unknown[] | null | undefined) ?? []) : [found];
    });
    values = values.filter((value) => value !== undefined && value !== null && value !== '');
  }
  return values;
}

const isAsked =
  (pod: AssignedPod) =>
  ({ path, asks = () => true }: RefusedField): boolean =>
    valuesAt(pod, path).some((value) => !(Array.isArray(value) && value.length === 0) && asks(value));

const EPHEMERAL = 'spec.ephemeralContainers[].';

/**
 * Why a runtime cannot run a pod: the first of the fields that the pod asks for. `where` says when it cannot. What
 * ephemeral containers ask for is no reason: they come to pods that run.
 */
export function fieldRefusal(
  pod: AssignedPod,
  runtime: string,
  fields: readonly RefusedField[],
  where = '',
): NodeRefusal | undefined {
  const refused = fields.filter(({ path }) => !path.startsWith(EPHEMERAL)).find(isAsked(pod));
  return refused && { reason: 'FieldNotSupported', message: `${refusedText(runtime, refused.path)}${where}` };
}

/** Why a runtime cannot run an ephemeral container of a pod, for its status and event; undefined when it can. */
export function ephemeralRefusal(
  { kind, spec }: ContainerRun,
  runtime: string,
  fields: readonly RefusedField[],
): { fault: string; reason: string } | undefined {
  if (kind !== 'ephemeral') return undefined;
  const pod = { spec: { ephemeralContainers: [spec] } } as unknown as AssignedPod;
  const refused = fields.filter(({ path }) => path.startsWith(EPHEMERAL)).find(isAsked(pod));
  return refused && { fault: refusedText(runtime, refused.path), reason: 'CreateContainerConfigError' };
}

/** What an event says of a field that is refused. */
export const refusedText = (runtime: string, path: string): string => `the ${runtime} runtime does not support ${path}`;
