import { createHash } from 'node:crypto';
import { apiVersionOf, type ResourceDefinition, resources } from '@everynode/objects';

interface GroupVersion {
  group: string;
  version: string;
}

/** Groups in the order of the registry, each with its versions. */
function groupVersions(): GroupVersion[] {
  const seen = new Map<string, GroupVersion>();
  for (const { group, version } of resources) seen.set(`${group}/${version}`, { group, version });
  for (const [group, version] of REVIEW_GROUPS) seen.set(`${group}/${version}`, { group, version });
  return [...seen.values()];
}

/** Resources that are posted and answered, and never stored. */
const REVIEW_GROUPS: [group: string, version: string][] = [
  ['authentication.k8s.io', 'v1'],
  ['authorization.k8s.io', 'v1'],
];

interface Review {
  group: string;
  plural: string;
  kind: string;
}

const REVIEWS: Review[] = [
  { group: 'authentication.k8s.io', plural: 'selfsubjectreviews', kind: 'SelfSubjectReview' },
  { group: 'authorization.k8s.io', plural: 'selfsubjectaccessreviews', kind: 'SelfSubjectAccessReview' },
  { group: 'authorization.k8s.io', plural: 'selfsubjectrulesreviews', kind: 'SelfSubjectRulesReview' },
];

const inVersion = ({ group, version }: GroupVersion): ResourceDefinition[] =>
  resources.filter((definition) => definition.group === group && definition.version === version);

/** GET /api */
export function coreVersions(): object {
  return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] };
}

function groupOf(group: string): object {
  const versions = groupVersions()
    .filter((candidate) => candidate.group === group)
    .map((candidate) => ({ groupVersion: apiVersionOf(candidate), version: candidate.version }));
  return { name: group, versions, preferredVersion: versions[0] };
}

function groupNames(): string[] {
  return [...new Set(groupVersions().map(({ group }) => group))].filter((group) => group !== '');
}

/** GET /apis */
export function groupList(): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groupNames().map(groupOf) };
}

/** GET /apis/GROUP; undefined for a group that is not served. */
export function group(name: string): object | undefined {
  return groupNames().includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(name) } : undefined;
}

/** GET /api/v1, GET /apis/GROUP/VERSION; undefined for a version that is not served. */
export function resourceList(groupVersion: GroupVersion): object | undefined {
  const served = groupVersions().some(
    ({ group, version }) => group === groupVersion.group && version === groupVersion.version,
  );
  if (!served) return undefined;
  const entries = inVersion(groupVersion).flatMap((definition) => [
    {
      name: definition.plural,
      singularName: definition.singular,
      namespaced: definition.namespaced,
      kind: definition.kind,
      verbs: definition.verbs,
      ...(definition.shortNames.length > 0 && { shortNames: definition.shortNames }),
      ...(definition.categories.length > 0 && { categories: definition.categories }),
    },
    ...definition.subresources.map((subresource) => ({
      name: `${definition.plural}/${subresource.name}`,
      singularName: '',
      namespaced: definition.namespaced,
      ...subresource.kind,
      kind: subresource.kind?.kind ?? definition.kind,
      verbs: subresource.verbs,
    })),
  ]);
  const reviews = REVIEWS.filter((review) => review.group === groupVersion.group).map(({ plural, kind }) => ({
    name: plural,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ['create'],
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf(groupVersion),
    resources: [...entries, ...reviews],
  };
}

/** Aggregated discovery: everything in one document for /api, and one for /apis (KEP-3352). */
export function aggregated(path: '/api' | '/apis', version: 'v2' | 'v2beta1'): object {
  const names = path === '/api' ? [''] : groupNames();
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: names.map((name) => ({
      metadata: name === '' ? { creationTimestamp: null } : { name, creationTimestamp: null },
      versions: groupVersions()
        .filter((candidate) => candidate.group === name)
        .map((candidate) => ({
          version: candidate.version,
          resources: [...inVersion(candidate).map(aggregatedResource), ...aggregatedReviews(candidate)],
          freshness: 'Current',
        })),
    })),
  };
}

function aggregatedResource(definition: ResourceDefinition): object {
  const { group, version, kind } = definition;
  return {
    resource: definition.plural,
    responseKind: { group, version, kind },
    scope: definition.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: definition.singular,
    verbs: definition.verbs,
    ...(definition.shortNames.length > 0 && { shortNames: definition.shortNames }),
    ...(definition.categories.length > 0 && { categories: definition.categories }),
    ...(definition.subresources.length > 0 && {
      subresources: definition.subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: subresource.kind ?? { group, version, kind },
        verbs: subresource.verbs,
      })),
    }),
  };
}

function aggregatedReviews({ group, version }: GroupVersion): object[] {
  return REVIEWS.filter((review) => review.group === group).map(({ plural, kind }) => ({
    resource: plural,
    responseKind: { group, version, kind },
    scope: 'Cluster',
    singularResource: kind.toLowerCase(),
    verbs: ['create'],
  }));
}

/** A document as text, with a tag that changes when it does. */
export interface Document {
  text: string;
  etag: string;
}

const documents = new Map<string, Document>();

/** Makes a document once; it cannot change while the process runs. */
export function documentOf(key: string, make: () => object): Document {
  let document = documents.get(key);
  if (!document) {
    const text = JSON.stringify(make());
    document = { text, etag: `"${createHash('sha256').update(text).digest('hex').toUpperCase()}"` };
    documents.set(key, document);
  }
  return document;
}
