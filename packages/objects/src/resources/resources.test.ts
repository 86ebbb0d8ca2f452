import { describe, expect, it } from 'vitest';
import { decodeObject } from '../decode/index.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceDefinition } from '../resource.js';
import { lookupType, typeOfKind } from '../schema/index.js';
import { findResource, resourceByStorage, resources } from './index.js';

function resource(group: string, plural: string): ResourceDefinition {
  const found = findResource(group, 'v1', plural);
  if (!found) throw new Error(`no resource ${plural}.${group}`);
  return found;
}

function created(definition: ResourceDefinition, value: object): KubeObject {
  const { object } = decodeObject({ value }, definition);
  definition.setDefaults(object);
  definition.prepareForCreate(object);
  return object;
}

const brief = (errors: { type: string; field: string }[]): string[] =>
  errors.map(({ type, field }) => `${type.replace('FieldValue', '')} ${field}`);

const META = { name: 'x', namespace: 'default' };
const TEMPLATE = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i:1' }] } };
const daemonSet = { metadata: META, spec: { selector: { matchLabels: { a: 'b' } }, template: TEMPLATE } };

describe('the registry', () => {
  it('names types that the schema has', () => {
    for (const { schema, group, version, kind } of resources) {
      expect(lookupType(schema)?.fields).toBeDefined();
      expect(typeOfKind(group, version, kind)).toBe(schema);
    }
  });

  it('finds a definition by its path and by the name it is stored under', () => {
    expect(findResource('', 'v1', 'pods')?.kind).toBe('Pod');
    expect(findResource('apps', 'v1', 'pods')).toBeUndefined();
    expect(resourceByStorage('daemonsets.apps').plural).toBe('daemonsets');
    expect(resourceByStorage('events').group).toBe('');
  });

  it('keeps each definition under the name that its objects are stored under', () => {
    for (const { storage, plural } of resources) expect(resourceByStorage(storage)).toMatchObject({ storage, plural });
  });

  it('has no two definitions for one path or short name of a group', () => {
    const paths = resources.map(({ group, version, plural }) => `${group}/${version}/${plural}`);
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('daemonsets', () => {
  const daemonSets = resource('apps', 'daemonsets');

  it('start at generation 1 with an empty status', () => {
    const object = created(daemonSets, {
      ...daemonSet,
      metadata: { ...META, generation: 7 },
      status: { numberReady: 3, currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0 },
    });
    expect(object.metadata.generation).toBe(1);
    expect(object.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '1' });
    expect(object.status).toMatchObject({ numberReady: 0 });
    expect(daemonSets.validate(object)).toEqual([]);
  });

  it('count changes of spec and of template, and keep their status', () => {
    const current = created(daemonSets, daemonSet);
    current.status = { numberReady: 5 };
    const object = created(daemonSets, {
      ...daemonSet,
      spec: { ...daemonSet.spec, template: { ...TEMPLATE, metadata: { labels: { a: 'b', c: 'd' } } } },
    });
    daemonSets.prepareForUpdate(object, current);
    expect(object.metadata.generation).toBe(2);
    expect(object.metadata.annotations).toEqual({ 'deprecated.daemonset.template.generation': '2' });
    expect(object.status).toEqual({ numberReady: 5 });
  });

  it('take status and metadata through /status, and nothing else', () => {
    const current = created(daemonSets, daemonSet);
    const object = created(daemonSets, { ...daemonSet, spec: { ...daemonSet.spec, minReadySeconds: 9 } });
    object.status = { numberReady: 1 };
    object.metadata.labels = { seen: 'yes' };
    object.metadata.generation = 7;
    daemonSets.prepareForStatusUpdate(object, current);
    const metadata = { ...current.metadata, labels: { seen: 'yes' } };
    expect(object).toEqual({ ...current, metadata, status: { numberReady: 1 } });
    object.metadata.labels = { seen: 'not a value' };
    expect(brief(daemonSets.validateStatusUpdate(object, current))).toEqual([
      'Invalid metadata.labels',
      'Invalid metadata.labels',
      'Invalid metadata.labels',
    ]);
  });
});

describe('pods', () => {
  const pods = resource('', 'pods');

  it('start Pending, whatever status a client sends', () => {
    const object = created(pods, { metadata: META, spec: TEMPLATE.spec, status: { phase: 'Running' } });
    expect(object.status).toEqual({ phase: 'Pending', qosClass: 'BestEffort' });
    expect(pods.validate(object)).toEqual([]);
  });

  it('keep their class of service through status writes', () => {
    const current = created(pods, { metadata: META, spec: TEMPLATE.spec });
    const object = { ...structuredClone(current), status: { phase: 'Running' } };
    pods.prepareForStatusUpdate(object, current);
    expect(object.status).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
    expect(pods.validateStatusUpdate(object, current)).toEqual([]);
    object.status = { phase: 'Running', qosClass: 'Guaranteed' } as typeof object.status;
    expect(brief(pods.validateStatusUpdate(object, current))).toEqual(['Invalid status.qosClass']);
  });

  it('keep their owners through status writes', () => {
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true };
    const current = created(pods, { metadata: { ...META, ownerReferences: [owner] }, spec: TEMPLATE.spec });
    const object = created(pods, { metadata: META, spec: TEMPLATE.spec });
    pods.prepareForStatusUpdate(object, current);
    expect(object.metadata.ownerReferences).toEqual([owner]);
  });

  it('can be asked for by their fields', () => {
    const object = created(pods, { metadata: META, spec: { ...TEMPLATE.spec, nodeName: 'n', hostNetwork: true } });
    const values = Object.entries(pods.fields).map(([field, read]) => [field, read(object)]);
    expect(Object.fromEntries(values)).toEqual({
      'spec.host': 'n',
      'spec.nodeName': 'n',
      'spec.restartPolicy': 'Always',
      'spec.schedulerName': 'default-scheduler',
      'spec.serviceAccountName': '',
      'spec.hostNetwork': 'true',
      'status.phase': 'Pending',
      'status.podIP': '',
      'status.podIPs': '',
      'status.nominatedNodeName': '',
    });
  });
});

describe('nodes', () => {
  const nodes = resource('', 'nodes');

  it('keep the status that their creator gives', () => {
    const object = created(nodes, { metadata: { name: 'n' }, status: { capacity: { cpu: '4' } } });
    expect(object.status).toMatchObject({ capacity: { cpu: '4' }, allocatable: { cpu: '4' } });
    expect(nodes.validate(object)).toEqual([]);
  });

  it('have one taint for each key and effect', () => {
    const taint = { key: 'a', effect: 'NoSchedule' };
    const object = created(nodes, { metadata: { name: 'n' }, spec: { taints: [taint, { ...taint, value: 'b' }] } });
    expect(brief(nodes.validate(object))).toEqual(['Duplicate metadata.taints[1]']);
    const bad = created(nodes, {
      metadata: { name: 'n' },
      spec: { taints: [{ key: 'a b', effect: 'Never' }, { key: 'a' }] },
    });
    expect(brief(nodes.validate(bad))).toEqual([
      'Invalid metadata.taints[0].key',
      'NotSupported metadata.taints[0].effect',
      'Required metadata.taints[1].effect',
    ]);
  });

  it('get their networks once', () => {
    const current = created(nodes, { metadata: { name: 'n' }, spec: { podCIDR: '10.0.0.0/24' } });
    const object = created(nodes, { metadata: { name: 'n' }, spec: { podCIDR: '10.0.1.0/24' } });
    expect(brief(nodes.validateUpdate(object, current))).toEqual(['Forbidden spec.podCIDRs']);
    const bad = created(nodes, { metadata: { name: 'n' }, spec: { podCIDR: '10.0.0.0/33' } });
    expect(brief(nodes.validate(bad))).toEqual(['Invalid spec.podCIDRs[0]']);
  });
});

describe('configuration', () => {
  it('freezes what is immutable', () => {
    const configMaps = resource('', 'configmaps');
    const current = created(configMaps, { metadata: META, data: { a: '1' }, immutable: true });
    const object = created(configMaps, { metadata: META, data: { a: '2' } });
    expect(brief(configMaps.validateUpdate(object, current))).toEqual(['Forbidden immutable', 'Forbidden data']);
    expect(configMaps.validateUpdate(current, current)).toEqual([]);
  });

  it('checks keys and types', () => {
    const configMap = created(resource('', 'configmaps'), { metadata: META, data: { 'a b': '1' } });
    expect(brief(resource('', 'configmaps').validate(configMap))).toEqual(['Invalid data[a b]']);
    const secrets = resource('', 'secrets');
    const tls = created(secrets, { metadata: META, type: 'kubernetes.io/tls', stringData: { 'tls.crt': 'x' } });
    expect(brief(secrets.validate(tls))).toEqual(['Required data[tls.key]']);
    expect(brief(secrets.validateUpdate(created(secrets, { metadata: META }), tls))).toContain('Invalid type');
  });
});

describe('events', () => {
  const core = resource('', 'events');
  const grouped = resource('events.k8s.io', 'events');
  const sent = {
    metadata: META,
    eventTime: '2026-01-01T00:00:00.000000Z',
    reportingController: 'r',
    reportingInstance: 'i',
    action: 'a',
    reason: 'Started',
    type: 'Normal',
    note: 'hello',
    regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  };

  it('are the same under both groups', () => {
    const object = created(grouped, sent);
    expect(grouped.validate(object)).toEqual([]);
    const stored = grouped.convert?.toStored(object);
    if (!stored) throw new Error('events of events.k8s.io must convert');
    expect(stored).toMatchObject({ apiVersion: 'v1', message: 'hello', involvedObject: { name: 'p' } });
    expect(core.fields['involvedObject.name']?.(stored)).toBe('p');
    expect(grouped.fields['regarding.name']?.(stored)).toBe('p');
    expect(grouped.convert?.fromStored(stored)).toEqual(object);
  });

  it('have stricter rules under the new group', () => {
    const { eventTime: _time, type: _type, ...partial } = sent;
    expect(brief(grouped.validate(created(grouped, partial)))).toEqual(['Required eventTime', 'Invalid type']);
    expect(core.validate(created(core, { metadata: META, involvedObject: { namespace: 'default' } }))).toEqual([]);
    expect(brief(core.validate(created(core, { metadata: META, involvedObject: { namespace: 'y' } })))).toEqual([
      'Invalid involvedObject.namespace',
    ]);
  });
});

describe('namespaces', () => {
  const namespaces = resource('', 'namespaces');

  it('are held until they are empty', () => {
    const object = created(namespaces, { metadata: { name: 'n' }, status: { phase: 'Terminating' } });
    expect(object.spec).toEqual({ finalizers: ['kubernetes'] });
    expect(object.status).toEqual({ phase: 'Active' });
    expect(namespaces.validate(object)).toEqual([]);
    const update = created(namespaces, { metadata: { name: 'n' } });
    update.spec = {};
    namespaces.prepareForUpdate(update, object);
    expect(update.spec).toEqual({ finalizers: ['kubernetes'] });
  });

  it('have names that are labels', () => {
    expect(brief(namespaces.validate(created(namespaces, { metadata: { name: 'a.b' } })))).toContain(
      'Invalid metadata.name',
    );
  });
});

describe('priority classes and leases', () => {
  it('keep system names, numbers and values', () => {
    const classes = resource('scheduling.k8s.io', 'priorityclasses');
    const make = (name: string, value: number) => created(classes, { metadata: { name }, value });
    expect(classes.validate(make('a', 1_000_000_000))).toEqual([]);
    expect(classes.validate(make('system-node-critical', 2_000_001_000))).toEqual([]);
    expect(brief(classes.validate(make('a', 1_000_000_001)))).toEqual(['Forbidden value']);
    expect(brief(classes.validate(make('system-a', 1)))).toEqual(['Forbidden metadata.name']);
    expect(brief(classes.validateUpdate(make('a', 2), make('a', 1)))).toEqual(['Forbidden value']);
  });

  it('last for some seconds', () => {
    const leases = resource('coordination.k8s.io', 'leases');
    const lease = created(leases, { metadata: META, spec: { leaseDurationSeconds: 0, leaseTransitions: -1 } });
    expect(brief(leases.validate(lease))).toEqual([
      'Invalid spec.leaseDurationSeconds',
      'Invalid spec.leaseTransitions',
    ]);
  });
});
