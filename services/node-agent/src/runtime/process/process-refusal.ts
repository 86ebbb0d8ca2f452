import type { AssignedPod, ContainerRun, NodeRefusal } from '@everynode/kubelet';
import {
  ephemeralRefusal,
  fieldRefusal,
  inContainers,
  inSecurity,
  isFalse,
  isNot,
  isTrue,
  REFUSED_VOLUMES,
  type RefusedField,
} from '../field-refusal.js';

/** What no process of this runtime can have. docs/agents.md has the same fields; a test compares the two. */
export const PROCESS_REFUSED_FIELDS: readonly RefusedField[] = [
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
  // What a container mounts is not to reach the machine, whose root may be a shared mount.
  ...inContainers('volumeMounts[].mountPropagation', (value) => value === 'Bidirectional'),
  ...inContainers('volumeMounts[].recursiveReadOnly', isNot('Disabled', 'IfPossible')),
  ...inContainers('env[].valueFrom.fileKeyRef'),
  ...inContainers('resources.claims[]'),
  { path: 'spec.ephemeralContainers[].targetContainerName' },
  ...REFUSED_VOLUMES,
];

/** What needs an agent that may make namespaces. */
export const PRIVILEGED_FIELDS: readonly RefusedField[] = [
  ...inContainers('volumeMounts[]'),
  ...inSecurity('runAsUser'),
  ...inSecurity('runAsGroup'),
];

/** Why the pod cannot run as processes; undefined when it can. */
export function processRefusal(pod: AssignedPod, { isPrivileged }: { isPrivileged: boolean }): NodeRefusal | undefined {
  const refused = fieldRefusal(pod, 'process', PROCESS_REFUSED_FIELDS);
  if (refused || isPrivileged) return refused;
  return fieldRefusal(pod, 'process', PRIVILEGED_FIELDS, ' where the agent is not root');
}

/** Why an ephemeral container cannot run as processes; undefined when it can, and for other containers. */
export const processContainerRefusal = (container: ContainerRun, { isPrivileged }: { isPrivileged: boolean }) =>
  ephemeralRefusal(container, 'process', [...PROCESS_REFUSED_FIELDS, ...(isPrivileged ? [] : PRIVILEGED_FIELDS)]);
