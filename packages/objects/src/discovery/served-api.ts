import type { ResourceDefinition } from '../resource.js';
import { compareVersions } from './compare-versions.js';
import type { PostedKind } from './posted-kinds.js';

/** What a server serves: the resources that it stores, and the kinds that it answers at once. */
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
 * Groups in the order in which clients should prefer them: `kubectl get ev` takes the first group that has the short
 * name. The core group is the first. Source: kube-apiserver's group priorities (cmd/kube-apiserver/app,
 * apiVersionPriorities).
 */
const PREFERENCE = [
  '',
  'apiregistration.k8s.io',
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
  'flowcontrol.apiserver.k8s.io',
  'resource.k8s.io',
];

/** Groups that are not of Kubernetes are the last, by name. */
function compareGroups(a: string, b: string): number {
  const rank = (group: string) => {
    const index = PREFERENCE.indexOf(group);
    return index < 0 ? PREFERENCE.length : index;
  };
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0);
}

const compareOwnVersions = (a: GroupVersion, b: GroupVersion): number =>
  PREFERENCE.includes(a.group) ? 0 : compareVersions(a.version, b.version);

/**
 * Every served group and version, the preferred ones first. Versions of Kubernetes' own groups keep the order of the
 * registry; those of clients' groups, which several definitions may share, are ordered by their names.
 */
export function groupVersions({ resources, postedKinds }: ServedApi): GroupVersion[] {
  const seen = new Map<string, GroupVersion>();
  for (const { group, version } of [...resources, ...postedKinds]) seen.set(`${group}/${version}`, { group, version });
  return [...seen.values()].toSorted((a, b) => compareGroups(a.group, b.group) || compareOwnVersions(a, b));
}

/** What is served in one group and version. */
export function inGroupVersion(api: ServedApi, { group, version }: GroupVersion): ServedApi {
  const isInside = (one: GroupVersion) => one.group === group && one.version === version;
  return { resources: api.resources.filter(isInside), postedKinds: api.postedKinds.filter(isInside) };
}

/** `api/v1`, `apis/apps/v1`: the path under which a group and version is served. */
export function groupVersionPath({ group, version }: GroupVersion): string {
  return group ? `apis/${group}/${version}` : `api/${version}`;
}
