import type { Container, PodSpec } from '../kinds/api-types.js';
import { roundResources, setContainerDefaults } from './container.js';
import { setVolumeDefaults } from './volume.js';

const GRACE_SECONDS = 30;

/** All ordinary containers of a pod, init containers first. */
export function containersOf(spec: PodSpec): Container[] {
  return [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
}

/**
 * Defaults that pods and pod templates share (pkg/apis/core/v1 SetDefaults_PodSpec). The defaults of pods only are kept
 * out of templates, so that the stored form of a template stays the same from release to release.
 */
export function setPodSpecDefaults(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst';
  spec.restartPolicy ||= 'Always';
  spec.securityContext ??= {};
  spec.terminationGracePeriodSeconds ??= GRACE_SECONDS;
  spec.schedulerName ||= 'default-scheduler';
  mirrorServiceAccount(spec);
  for (const container of containersOf(spec)) setContainerDefaults(container);
  for (const container of spec.ephemeralContainers ?? []) setContainerDefaults(container);
  for (const volume of spec.volumes ?? []) setVolumeDefaults(volume);
  if (spec.overhead) roundResources({ limits: spec.overhead });
}

/** A pod that names no service account gets the default one of its namespace (admission plugin ServiceAccount). */
export function withServiceAccount(spec: PodSpec): PodSpec {
  return { ...spec, serviceAccountName: DEFAULT_ACCOUNT, serviceAccount: DEFAULT_ACCOUNT, ...own(spec) };
}

const DEFAULT_ACCOUNT = 'default';

const own = ({ serviceAccountName: name }: PodSpec): Pick<PodSpec, 'serviceAccountName' | 'serviceAccount'> =>
  name ? { serviceAccountName: name, serviceAccount: name } : {};

/** `serviceAccount` is the old name of the field. The API always shows both; the new one wins. */
function mirrorServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount;
  if (!name) return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}
