import type { AssignedPod, ContainerRun, NodeRefusal } from '@everynode/kubelet';
import {
  ephemeralRefusal,
  fieldRefusal,
  inContainers,
  inSecurity,
  isFalse,
  isNot,
  REFUSED_VOLUMES,
  type RefusedField,
} from '../field-refusal.js';

/** What no container of this runtime can have. docs/agents.md has the same fields; a test compares the two. */
export const DOCKER_REFUSED_FIELDS: readonly RefusedField[] = [
  { path: 'spec.hostUsers', asks: isFalse },
  { path: 'spec.resourceClaims' },
  { path: 'spec.runtimeClassName' },
  { path: 'spec.securityContext.supplementalGroupsPolicy', asks: isNot('Merge') },
  ...inSecurity('windowsOptions'),
  ...inSecurity('seccompProfile.type', isNot('Unconfined', 'RuntimeDefault')),
  ...inContainers('volumeDevices[]'),
  ...inContainers('volumeMounts[].recursiveReadOnly', isNot('Disabled', 'IfPossible')),
  ...inContainers('env[].valueFrom.fileKeyRef'),
  ...inContainers('resources.claims[]'),
  ...REFUSED_VOLUMES,
];

/** Why the pod cannot run in a Docker Engine; undefined when it can. */
export const dockerRefusal = (pod: AssignedPod): NodeRefusal | undefined =>
  fieldRefusal(pod, 'docker', DOCKER_REFUSED_FIELDS);

/** Why an ephemeral container cannot run in a Docker Engine; undefined when it can, and for other containers. */
export const dockerContainerRefusal = (container: ContainerRun) =>
  ephemeralRefusal(container, 'docker', DOCKER_REFUSED_FIELDS);
