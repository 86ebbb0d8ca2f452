import type { ResourceDefinition, Verb } from '../resource.js';
import type { PostedKind } from './posted-kinds.js';
import { groupVersions, inGroupVersion, type ServedApi } from './served-api.js';

interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

interface ApiResourceDiscovery {
  resource: string;
  responseKind: GroupVersionKind;
  scope: 'Namespaced' | 'Cluster';
  singularResource: string;
  verbs: Verb[];
  shortNames?: string[];
  categories?: string[];
  subresources?: { subresource: string; responseKind: GroupVersionKind; verbs: Verb[] }[];
}

interface ApiGroupDiscovery {
  /** Missing for the core group. */
  metadata: { name?: string };
  versions: { version: string; resources: ApiResourceDiscovery[]; freshness: 'Current' }[];
}

interface ApiGroupDiscoveryList {
  kind: 'APIGroupDiscoveryList';
  apiVersion: `apidiscovery.k8s.io/${'v2' | 'v2beta1'}`;
  metadata: Record<string, never>;
  items: ApiGroupDiscovery[];
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

function resourceDiscovery(definition: ResourceDefinition): ApiResourceDiscovery {
  const { group, version, kind, shortNames, categories } = definition;
  const subresources = definition.subresources.toSorted(byName).map((subresource) => ({
    subresource: subresource.name,
    responseKind: subresource.kind ?? { group, version, kind },
    verbs: subresource.verbs,
  }));
  return {
    resource: definition.plural,
    responseKind: { group, version, kind },
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: definition.verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    ...(subresources.length > 0 && { subresources }),
  };
}

function postedKindDiscovery({ group, version, kind, ...one }: PostedKind): ApiResourceDiscovery {
  return {
    resource: one.plural,
    responseKind: { group, version, kind },
    scope: one.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: one.singular,
    verbs: one.verbs,
    ...(one.shortNames && { shortNames: one.shortNames }),
  };
}

/**
 * GET /api or GET /apis with `Accept: application/json;as=APIGroupDiscoveryList;g=apidiscovery.k8s.io`: everything that
 * is served below, in one document (KEP-3352). Both versions have the same shape.
 */
export function aggregatedDiscovery(
  api: ServedApi,
  root: '/api' | '/apis',
  version: 'v2' | 'v2beta1',
): ApiGroupDiscoveryList {
  const groups = new Map<string, ApiGroupDiscovery>();
  for (const one of groupVersions(api)) {
    if ((one.group === '') !== (root === '/api')) continue;
    const { resources, postedKinds } = inGroupVersion(api, one);
    const found = [...resources.map(resourceDiscovery), ...postedKinds.map(postedKindDiscovery)];
    const item = groups.get(one.group) ?? { metadata: one.group ? { name: one.group } : {}, versions: [] };
    item.versions.push({
      version: one.version,
      resources: found.toSorted((a, b) => (a.resource < b.resource ? -1 : 1)),
      freshness: 'Current',
    });
    groups.set(one.group, item);
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups.values()],
  };
}
