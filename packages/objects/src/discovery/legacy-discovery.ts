import { createHash } from 'node:crypto';
import { apiVersionOf, type ResourceDefinition, type SubresourceDefinition, type Verb } from '../resource.js';
import { resourceByStorage } from '../resources/index.js';
import type { PostedKind } from './posted-kinds.js';
import { type GroupVersion, groupVersions, inGroupVersion, type ServedApi } from './served-api.js';

interface ApiVersions {
  kind: 'APIVersions';
  versions: string[];
  serverAddressByClientCIDRs: { clientCIDR: string; serverAddress: string }[];
}

interface GroupVersionEntry {
  groupVersion: string;
  version: string;
}

/** A group inside a list. As a document of its own it has kind and apiVersion. */
interface ApiGroupEntry {
  name: string;
  versions: GroupVersionEntry[];
  preferredVersion: GroupVersionEntry;
}

interface ApiGroup extends ApiGroupEntry {
  kind: 'APIGroup';
  apiVersion: 'v1';
}

interface ApiGroupList {
  kind: 'APIGroupList';
  apiVersion: 'v1';
  groups: ApiGroupEntry[];
}

interface ApiResource {
  name: string;
  singularName: string;
  namespaced: boolean;
  /** Missing when they are those of the list. */
  group?: string;
  version?: string;
  kind: string;
  verbs: Verb[];
  shortNames?: string[];
  categories?: string[];
  /** Changes when the objects are stored in another version. Clients that migrate objects compare it. */
  storageVersionHash?: string;
}

interface ApiResourceList {
  kind: 'APIResourceList';
  apiVersion: 'v1';
  groupVersion: string;
  resources: ApiResource[];
}

/**
 * GET /api.
 * @param serverAddress `host:port` where clients of any network reach the server; upstream always names one.
 */
export function apiVersions(api: ServedApi, serverAddress?: string): ApiVersions {
  return {
    kind: 'APIVersions',
    versions: groupVersions(api)
      .filter(({ group }) => group === '')
      .map(({ version }) => version),
    serverAddressByClientCIDRs: serverAddress === undefined ? [] : [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** The named groups with their versions. The core group is served below /api. */
function groupEntries(api: ServedApi): ApiGroupEntry[] {
  const groups = new Map<string, ApiGroupEntry>();
  for (const { group, version } of groupVersions(api)) {
    if (group === '') continue;
    const entry = { groupVersion: apiVersionOf({ group, version }), version };
    const known = groups.get(group);
    if (known) known.versions.push(entry);
    else groups.set(group, { name: group, versions: [entry], preferredVersion: entry });
  }
  return [...groups.values()];
}

/** GET /apis. */
export function apiGroupList(api: ServedApi): ApiGroupList {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupEntries(api) };
}

/** GET /apis/GROUP; undefined for a group that is not served. */
export function apiGroup(api: ServedApi, group: string): ApiGroup | undefined {
  const entry = groupEntries(api).find(({ name }) => name === group);
  return entry && { kind: 'APIGroup', apiVersion: 'v1', ...entry };
}

/**
 * The first eight bytes of the hash of group, version and kind. Source: apiserver
 * endpoints/discovery/storageversionhash.go.
 */
function storageVersionHash({ group, version, storageVersion = version, kind }: ResourceDefinition): string {
  return createHash('sha256').update(`${group}/${storageVersion}/${kind}`).digest().subarray(0, 8).toString('base64');
}

function resourceEntry(definition: ResourceDefinition): ApiResource {
  const { shortNames, categories } = definition;
  return {
    name: definition.plural,
    singularName: definition.singular,
    namespaced: definition.namespaced,
    kind: definition.kind,
    verbs: definition.verbs,
    ...(shortNames.length > 0 && { shortNames }),
    ...(categories.length > 0 && { categories }),
    storageVersionHash: storageVersionHash(definition.convert ? resourceByStorage(definition.storage) : definition),
  };
}

function subresourceEntry(definition: ResourceDefinition, subresource: SubresourceDefinition): ApiResource {
  const { kind } = subresource;
  const isForeign = kind !== undefined && (kind.group !== definition.group || kind.version !== definition.version);
  return {
    name: `${definition.plural}/${subresource.name}`,
    singularName: '',
    namespaced: definition.namespaced,
    ...(isForeign && { group: kind.group, version: kind.version }),
    kind: kind?.kind ?? definition.kind,
    verbs: subresource.verbs,
  };
}

function postedKindEntry({ plural, singular, namespaced, kind, verbs, shortNames }: PostedKind): ApiResource {
  return { name: plural, singularName: singular, namespaced, kind, verbs, ...(shortNames && { shortNames }) };
}

/** GET /api/v1 and GET /apis/GROUP/VERSION, sorted by name as upstream sorts them; undefined for what is not served. */
export function apiResourceList(api: ServedApi, groupVersion: GroupVersion): ApiResourceList | undefined {
  const { resources, postedKinds } = inGroupVersion(api, groupVersion);
  if (resources.length + postedKinds.length === 0) return undefined;
  const entries = resources.flatMap((definition) => [
    resourceEntry(definition),
    ...definition.subresources.map((subresource) => subresourceEntry(definition, subresource)),
  ]);
  entries.push(...postedKinds.map(postedKindEntry));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(groupVersion),
    resources: entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
