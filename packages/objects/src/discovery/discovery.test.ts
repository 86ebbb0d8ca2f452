import { describe, expect, it } from 'vitest';
import { resources } from '../resources/index.js';
import { typeOfKind } from '../schema/index.js';
import { aggregatedDiscovery } from './aggregated-discovery.js';
import { contentHash } from './content-hash.js';
import { apiGroup, apiGroupList, apiResourceList, apiVersions } from './legacy-discovery.js';
import { postedKinds } from './posted-kinds.js';
import { groupVersionPath, groupVersions, type ServedApi } from './served-api.js';

const api: ServedApi = { resources, postedKinds };
const apps = { group: 'apps', version: 'v1' };
const core = { group: '', version: 'v1' };

const ALL = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

describe('groups', () => {
  it('names the versions of the core', () => {
    expect(apiVersions(api)).toEqual({ kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: [] });
    expect(apiVersions(api, 'host:6443').serverAddressByClientCIDRs).toEqual([
      { clientCIDR: '0.0.0.0/0', serverAddress: 'host:6443' },
    ]);
  });

  it('lists the named groups, preferred ones first, foreign ones last', () => {
    const names = apiGroupList(api).groups.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(['apiregistration.k8s.io', 'apps']);
    expect(names).not.toContain('');
    const [first] = resources;
    if (!first) throw new Error('the registry is empty');
    const extended = { resources: [{ ...first, group: 'z.example.com' }, ...resources], postedKinds };
    expect(groupVersions(extended).at(-1)?.group).toBe('z.example.com');
    const mixed = ['v1beta1', 'v2', 'v1'].map((version) => ({ ...first, group: 'z.example.com', version }));
    const ordered = groupVersions({ resources: mixed, postedKinds: [] }).map(({ version }) => version);
    expect(ordered).toEqual(['v2', 'v1', 'v1beta1']);
  });

  it('gives a group as a document of its own', () => {
    const version = { groupVersion: 'apps/v1', version: 'v1' };
    expect(apiGroup(api, 'apps')).toEqual({
      kind: 'APIGroup',
      apiVersion: 'v1',
      name: 'apps',
      versions: [version],
      preferredVersion: version,
    });
    expect(apiGroup(api, '')).toBeUndefined();
    expect(apiGroup(api, 'nothing')).toBeUndefined();
  });

  it('prefers the first version of a group', () => {
    const newer = resources.filter(({ group }) => group === 'apps').map((one) => ({ ...one, version: 'v2' }));
    const group = apiGroup({ resources: [...newer, ...resources], postedKinds }, 'apps');
    expect(group?.versions.map(({ version }) => version)).toEqual(['v2', 'v1']);
    expect(group?.preferredVersion.version).toBe('v2');
  });

  it('knows where versions are served', () => {
    expect(groupVersionPath(core)).toBe('api/v1');
    expect(groupVersionPath(apps)).toBe('apis/apps/v1');
  });
});

describe('apiResourceList', () => {
  const entry = (name: string, groupVersion = core) =>
    apiResourceList(api, groupVersion)?.resources.find((one) => one.name === name);

  it('describes a resource and its subresources', () => {
    expect(apiResourceList(api, apps)).toMatchObject({
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: 'apps/v1',
    });
    expect(entry('daemonsets', apps)).toEqual({
      name: 'daemonsets',
      singularName: 'daemonset',
      namespaced: true,
      kind: 'DaemonSet',
      verbs: ALL,
      shortNames: ['ds'],
      categories: ['all'],
      storageVersionHash: 'dd7pWHUlMKQ=',
    });
    // As upstream: both groups' events are stored in the core's version.
    expect(entry('events', { group: 'events.k8s.io', version: 'v1' })?.storageVersionHash).toBe('r2yiGXH7wu8=');
    expect(entry('daemonsets/status', apps)).toEqual({
      name: 'daemonsets/status',
      singularName: '',
      namespaced: true,
      kind: 'DaemonSet',
      verbs: ['get', 'patch', 'update'],
    });
  });

  it('names group and version of a subresource only where they are not those of the list', () => {
    expect(entry('pods/eviction')).toEqual({
      name: 'pods/eviction',
      singularName: '',
      namespaced: true,
      group: 'policy',
      version: 'v1',
      kind: 'Eviction',
      verbs: ['create'],
    });
    expect(entry('pods/binding')).toEqual({
      name: 'pods/binding',
      singularName: '',
      namespaced: true,
      kind: 'Binding',
      verbs: ['create'],
    });
  });

  it('is in the order of names, and has every definition', () => {
    const names = apiResourceList(api, core)?.resources.map(({ name }) => name) ?? [];
    expect(names).toEqual(names.toSorted());
    for (const { plural } of resources.filter(({ group }) => group === '')) expect(names).toContain(plural);
  });

  it('has postedKinds, and nothing for what is not served', () => {
    expect(apiResourceList(api, { group: 'authorization.k8s.io', version: 'v1' })?.resources).toContainEqual({
      name: 'selfsubjectaccessreviews',
      singularName: 'selfsubjectaccessreview',
      namespaced: false,
      kind: 'SelfSubjectAccessReview',
      verbs: ['create'],
    });
    expect(apiResourceList(api, { group: 'apps', version: 'v2' })).toBeUndefined();
  });
});

describe('aggregatedDiscovery', () => {
  it('puts the core under one root and the groups under the other', () => {
    expect(aggregatedDiscovery(api, '/api', 'v2')).toMatchObject({
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      items: [{ metadata: {}, versions: [{ version: 'v1', freshness: 'Current' }] }],
    });
    expect(aggregatedDiscovery(api, '/apis', 'v2').items.map(({ metadata }) => metadata.name)).toEqual(
      apiGroupList(api).groups.map(({ name }) => name),
    );
  });

  it('says the same as the single lists', () => {
    for (const root of ['/api', '/apis'] as const) {
      for (const { metadata, versions } of aggregatedDiscovery(api, root, 'v2beta1').items) {
        for (const { version, resources: found } of versions) {
          const names = found.flatMap(({ resource, subresources = [] }) => [
            resource,
            ...subresources.map(({ subresource }) => `${resource}/${subresource}`),
          ]);
          const list = apiResourceList(api, { group: metadata.name ?? '', version });
          expect(names.toSorted()).toEqual(list?.resources.map(({ name }) => name));
        }
      }
    }
  });

  it('says what kind a subresource takes', () => {
    const pods = aggregatedDiscovery(api, '/api', 'v2').items[0]?.versions[0]?.resources.find(
      ({ resource }) => resource === 'pods',
    );
    expect(pods?.subresources).toContainEqual({
      subresource: 'eviction',
      responseKind: { group: 'policy', version: 'v1', kind: 'Eviction' },
      verbs: ['create'],
    });
  });
});

describe('postedKinds', () => {
  it('are types of the schema', () => {
    for (const { group, version, kind, schema } of postedKinds) expect(typeOfKind(group, version, kind)).toBe(schema);
  });
});

describe('contentHash', () => {
  it('depends on the content alone', () => {
    expect(contentHash('a')).toBe(contentHash(Buffer.from('a')));
    expect(contentHash('a')).not.toBe(contentHash('b'));
    expect(contentHash('')).toMatch(/^[0-9A-F]{64}$/);
  });
});
