import { describe, expect, it } from 'vitest';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { commandOf, type EnvironmentSources, environmentOf, type ObjectContent } from './container-environment.js';

const OBJECTS: Record<string, ObjectContent> = {
  'ConfigMap map': { data: { plain: 'text', 'with space': 'kept', 'with=sign': 'skipped' } },
  'Secret keys': { data: { key: Buffer.from('hidden').toString('base64') } },
};

const sources: EnvironmentSources = {
  pod: {
    metadata: { name: 'p', namespace: 'ns', uid: 'u', labels: { app: 'a' }, annotations: {} },
    spec: { nodeName: 'n', serviceAccountName: 'sa', containers: [{ name: 'c', image: 'i' }] },
  } as unknown as AssignedPod,
  address: { ip: '10.0.0.1', hostIp: '10.0.0.2' },
  allocatable: { cpu: '4', memory: '8Gi' },
  contents: (kind, name) => OBJECTS[`${kind} ${name}`],
};

const variablesOf = (container: object) => {
  const made = environmentOf(container, sources);
  return made.fault === undefined ? Object.fromEntries(made.variables) : made.fault;
};

const field = (fieldPath: string) => ({ env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] });
const resource = (path: string, divisor?: string) => ({
  resources: { limits: { memory: '100Mi' }, requests: { cpu: '250m' } },
  env: [{ name: 'X', valueFrom: { resourceFieldRef: { resource: path, ...(divisor && { divisor }) } } }],
});

describe('the environment of a container', () => {
  it.each([
    ['metadata.name', 'p'],
    ['metadata.namespace', 'ns'],
    ['metadata.uid', 'u'],
    ["metadata.labels['app']", 'a'],
    ["metadata.annotations['none']", ''],
    ['spec.nodeName', 'n'],
    ['spec.serviceAccountName', 'sa'],
    ['status.hostIP', '10.0.0.2'],
    ['status.podIP', '10.0.0.1'],
  ])('shows %s', (path, value) => {
    expect(variablesOf(field(path))).toEqual({ X: value });
  });

  it.each([
    ['limits.memory', undefined, '104857600'],
    ['limits.memory', '1Mi', '100'],
    ['limits.memory', '1Gi', '1'],
    ['limits.cpu', undefined, '4'],
    ['requests.cpu', '1m', '250'],
    ['requests.cpu', undefined, '1'],
    ['requests.memory', undefined, '0'],
  ])('shows %s in units of %s', (path, divisor, value) => {
    expect(variablesOf(resource(path, divisor))).toEqual({ X: value });
  });

  it.each([
    ['$(A)', 'a'],
    ['$$(A)', '$(A)'],
    ['$(LATER) $(plain)', '$(LATER) $(plain)'],
    ['$(A)$(A)-$', 'aa-$'],
  ])('expands %s by what is above it', (value, expanded) => {
    const env = [
      { name: 'A', value: 'a' },
      { name: 'X', value },
      { name: 'LATER', value: 'l' },
    ];
    const variables = variablesOf({ env, envFrom: [{ configMapRef: { name: 'map' } }] });
    expect(variables).toMatchObject({ X: expanded });
  });

  it('has whole objects with their prefix, without names that are none, below its own variables', () => {
    const envFrom = [
      { configMapRef: { name: 'map' }, prefix: 'P_' },
      { secretRef: { name: 'keys' } },
      { secretRef: { name: 'absent', optional: true } },
    ];
    expect(variablesOf({ envFrom, env: [{ name: 'key', value: 'own' }] })).toEqual({
      P_plain: 'text',
      'P_with space': 'kept',
      key: 'own',
    });
  });

  it.each([
    [{ envFrom: [{ configMapRef: { name: 'absent' } }] }, 'configmap "absent" not found'],
    [{ env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'absent', key: 'k' } } }] }, 'secret "absent" not found'],
    [
      { env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'map', key: 'k' } } }] },
      "couldn't find key k in ConfigMap ns/map",
    ],
    [field('spec.hostname'), 'unsupported fieldPath: spec.hostname'],
  ])('is refused for what is not there: %j', (container, fault) => {
    expect(variablesOf(container)).toBe(fault);
  });

  it('leaves out a key that is optional, and is part of the command', () => {
    const env = [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'map', key: 'k', optional: true } } }];
    expect(variablesOf({ env })).toEqual({});
    const variables = new Map([['A', 'a']]);
    expect(commandOf({ command: ['$(A)'], args: ['$(B)', '$$(A)'] }, variables)).toEqual({
      command: ['a'],
      args: ['$(B)', '$(A)'],
    });
  });
});
