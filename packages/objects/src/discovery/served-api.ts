import type { ResourceDefinition } from '../resource.js';
import type { PostedKind } from './posted-kinds.js';

/** What a server offers: the objects that it stores, and the kinds that it answers at once. */
export interface ServedApi {
  resources: readonly ResourceDefinition[];
  postedKinds: readonly PostedKind[];
}

/** One group in one version. */
export interface GroupVersion {
  group: string;
  version: string;
}

/**
 * Groups as clients should prefer them: `kubectl get ev` takes the first group that knows the word. The core comes first.
 * Source: kube-apiserver's group priorities (cmd/kube-apiserver/app, apiVersionPriorities).
 */
const PREFERENCE = [
  '',
  'apps',
  'events.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'autoscaling',
  'batch',
  'certificates.k8s.io',
  'networking.k8s.io',
  'policy',
  'rbac.authorization.k8s.io',
  'storage.k8s.io',
  'admissionregistration.k8s.io',
  'apiextensions.k8s.io',
  'scheduling.k8s.io',
  'coordination.k8s.io',
  'node.k8s.io',
  'discovery.k8s.io',
];

/** Groups that are not of Kubernetes go last, by name. */
function compareGroups(a: string, b: string): number {
  const rank = (group: string) => {
    const index = PREFERENCE.indexOf(group);
    return index < 0 ? PREFERENCE.length : index;
  };
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Every group and version that anything is served in, the preferred first; versions keep the order of the registry. */
export function groupVersions({ resources, postedKinds }: ServedApi): GroupVersion[] {
  const seen = new Map<string, GroupVersion>();
  for (const { group, version } of [...resources, ...postedKinds]) seen.set(`${group}/${version}`, { group, version });
  return [...seen.values()].toSorted((a, b) => compareGroups(a.group, b.group));
}

/** The part of the offer in one group and version. */
export function inGroupVersion(api: ServedApi, { group, version }: GroupVersion): ServedApi {
  const isInside = (one: GroupVersion) => one.group === group && one.version === version;
  return { resources: api.resources.filter(isInside), postedKinds: api.postedKinds.filter(isInside) };
}

/** `api/v1`, `apis/apps/v1`: where a group and version is served. */
export function groupVersionPath({ group, version }: GroupVersion): string {
  return group ? `apis/${group}/${version}` : `api/${version}`;
}
