import type { AssignedPod, NodeRefusal } from '@everynode/kubelet';

/** A field of a pod that processes cannot have: where it is, and which of its values ask for something. */
interface RefusedField {
  /** `[]` stands for each item of a list. */
  path: string;
  /** Whether a value asks for what is not there; any value does where this is not said. */
  asks?: (value: unknown) => boolean;
}

const isTrue = (value: unknown): boolean => value === true;
const isFalse = (value: unknown): boolean => value === false;
const isNot =
  (...usual: unknown[]) =>
  (value: unknown): boolean =>
    !usual.includes(value);

const CONTAINERS = ['spec.initContainers[]', 'spec.containers[]', 'spec.ephemeralContainers[]'];

const inContainers = (path: string, asks?: RefusedField['asks']): RefusedField[] =>
  CONTAINERS.map((container) => ({ path: `${container}.${path}`, ...(asks && { asks }) }));

const inSecurity = (path: string, asks?: RefusedField['asks']): RefusedField[] => [
  { path: `spec.securityContext.${path}`, ...(asks && { asks }) },
  ...inContainers(`securityContext.${path}`, asks),
];

/** The kinds of volumes that this runtime does not have; those that it has are in volumes/pod-volumes.ts. */
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

/** What no process of this runtime can have. docs/agents.md has the same fields; a test compares the two. */
export const REFUSED_FIELDS: readonly RefusedField[] = [
  { path: 'spec.dnsConfig' },
  { path: 'spec.dnsPolicy', asks: (value) => value === 'None' },
  { path: 'spec.hostAliases' },
  { path: 'spec.hostUsers', asks: isFalse },
  { path: 'spec.resourceClaims' },
  { path: 'spec.runtimeClassName' },
  { path: 'spec.shareProcessNamespace', asks: isTrue },
  { path: 'spec.securityContext.sysctls' },
  { path: 'spec.securityContext.supplementalGroupsPolicy', asks: isNot('Merge') },
  ...inSecurity('seLinuxOptions'),
  ...inSecurity('windowsOptions'),
  ...inSecurity('seccompProfile.type', isNot('Unconfined')),
  ...inSecurity('appArmorProfile.type', isNot('Unconfined')),
  ...inContainers('securityContext.readOnlyRootFilesystem', isTrue),
  ...inContainers('securityContext.procMount', isNot('Default')),
  ...inContainers('stdin', isTrue),
  ...inContainers('tty', isTrue),
  ...inContainers('volumeDevices[]'),
  ...inContainers('volumeMounts[].recursiveReadOnly', isNot('Disabled', 'IfPossible')),
  ...inContainers('env[].valueFrom.fileKeyRef'),
  ...inContainers('resources.claims[]'),
  { path: 'spec.ephemeralContainers[].targetContainerName' },
  ...VOLUMES.map((kind) => ({ path: `spec.volumes[].${kind}` })),
  { path: 'spec.volumes[].projected.sources[].clusterTrustBundle' },
  { path: 'spec.volumes[].projected.sources[].podCertificate' },
];

/** What needs an agent that may make namespaces. */
export const PRIVILEGED_FIELDS: readonly RefusedField[] = [
  ...inContainers('volumeMounts[]'),
  ...inSecurity('runAsUser'),
  ...inSecurity('runAsGroup'),
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

/** What an event says of a field that is refused. */
export const refusedText = (path: string): string => `the process runtime does not support ${path}`;

/** Why the pod cannot run as processes; undefined when it can. */
export function processRefusal(pod: AssignedPod, { isPrivileged }: { isPrivileged: boolean }): NodeRefusal | undefined {
  const reason = 'FieldNotSupported';
  const refused = REFUSED_FIELDS.find(isAsked(pod));
  if (refused) return { reason, message: refusedText(refused.path) };
  const held = isPrivileged ? undefined : PRIVILEGED_FIELDS.find(isAsked(pod));
  return held && { reason, message: `${refusedText(held.path)} where the agent is not root` };
}

/** Limits that nothing holds a process to: the fields, with the names of containers and volumes. */
export function notEnforced({ spec }: AssignedPod): string[] {
  const containers = [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ name, resources }) =>
    Object.keys(resources?.limits ?? {}).map((limit) => `resources.limits.${limit} of container ${name}`),
  );
  const pod = Object.keys(spec.resources?.limits ?? {}).map((limit) => `spec.resources.limits.${limit}`);
  const volumes = (spec.volumes ?? []).flatMap(({ name, emptyDir }) =>
    emptyDir?.sizeLimit != null && emptyDir.medium !== 'Memory' ? [`emptyDir.sizeLimit of volume ${name}`] : [],
  );
  return [...pod, ...containers, ...volumes];
}
