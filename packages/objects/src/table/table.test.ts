import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../kube-object.js';
import type { TableDefinition } from '../resource.js';
import { resources } from '../resources/registry.js';
import { lookupType } from '../schema/index.js';
import {
  configMapTable,
  controllerRevisionTable,
  eventTable,
  formatNodeSelector,
  genericTable,
  leaseTable,
  namespaceTable,
  nodeTable,
  podTable,
  priorityClassTable,
  rolloutStatus,
  secretTable,
  serviceAccountTable,
} from './index.js';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const METADATA = { name: 'x', uid: 'u', creationTimestamp: '2026-01-01T00:00:00Z' };

/** Cells by the name of their column. */
function row(table: TableDefinition, fields: Record<string, unknown>): Record<string, unknown> {
  const { metadata, ...rest } = fields as { metadata?: object };
  const object = { apiVersion: 'v1', kind: 'X', metadata: { ...METADATA, ...metadata }, ...rest } as KubeObject;
  const { cells } = table.row(object, NOW);
  expect(cells).toHaveLength(table.columns.length);
  return Object.fromEntries(table.columns.map(({ name }, index) => [name, cells[index]]));
}

describe('small tables', () => {
  it.each([
    ['lease', leaseTable, { spec: { holderIdentity: 'a' } }, { Name: 'x', Holder: 'a', Age: '60m' }],
    ['lease without spec', leaseTable, {}, { Name: 'x', Holder: '', Age: '60m' }],
    ['namespace', namespaceTable, { status: { phase: 'Active' } }, { Name: 'x', Status: 'Active', Age: '60m' }],
    ['config map', configMapTable, { data: { a: '' }, binaryData: { b: '' } }, { Name: 'x', Data: 2, Age: '60m' }],
    ['secret', secretTable, { type: 'Opaque', data: { a: '' } }, { Name: 'x', Type: 'Opaque', Data: 1, Age: '60m' }],
    ['service account', serviceAccountTable, { secrets: [{}, {}] }, { Name: 'x', Age: '60m' }],
    ['any kind', genericTable, {}, { Name: 'x', 'Created At': '2026-01-01T00:00:00Z' }],
    [
      'priority class',
      priorityClassTable,
      { value: 7, globalDefault: true, preemptionPolicy: 'Never' },
      { Name: 'x', Value: 7, 'Global-Default': true, Age: '60m', PreemptionPolicy: 'Never' },
    ],
  ])('%s', (_name, table, fields, cells) => {
    expect(row(table, fields)).toEqual(cells);
  });

  it('shows every column of a priority class without -o wide', () => {
    expect(priorityClassTable.columns.map(({ priority }) => priority)).toEqual([0, 0, 0, 0, 0]);
  });

  it('names an owner of the core group without a group', () => {
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: 'n', uid: 'u', controller: true }];
    expect(row(controllerRevisionTable, { metadata: { ownerReferences } })).toMatchObject({ Controller: 'node/n' });
  });
});

describe('podTable', () => {
  const running = (name: string) => ({ name, ready: true, state: { running: {} } });
  const ended = (name: string, reason: string, exitCode: number) => ({
    name,
    state: { terminated: { reason, exitCode } },
  });
  const pod = (status: object, spec: object = {}, metadata: object = {}) =>
    row(podTable, { spec: { containers: [{ name: 'a' }, { name: 'b' }], ...spec }, status, metadata });

  it.each([
    [[ended('a', 'Completed', 0), running('b')], 'NotReady'],
    [[ended('a', 'Completed', 0), ended('b', 'OOMKilled', 137)], 'OOMKilled'],
    [[ended('a', 'Completed', 0), ended('b', 'Completed', 0)], 'Completed'],
    [[{ name: 'a', state: { terminated: { exitCode: 137, signal: 9 } } }], 'Signal:9'],
    [[{ name: 'a', state: { waiting: {} } }], 'Running'],
  ])('of %j is %s', (containerStatuses, word) => {
    expect(pod({ phase: 'Running', containerStatuses }).Status).toBe(word);
  });

  it('tells what an init container failed with', () => {
    const failed = (terminated: object) =>
      pod({ phase: 'Pending', initContainerStatuses: [{ state: { terminated } }] });
    expect(failed({ exitCode: 1 }).Status).toBe('Init:ExitCode:1');
    expect(failed({ exitCode: 137, signal: 9 }).Status).toBe('Init:Signal:9');
    expect(failed({ exitCode: 1, reason: 'Error' }).Status).toBe('Init:Error');
  });

  it('shows gates, the reason of the pod, and deletion, each over the one before', () => {
    const gated = { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }] };
    expect(pod({ phase: 'Pending', reason: 'Evicted' }).Status).toBe('Evicted');
    expect(pod({ phase: 'Pending', reason: 'Evicted', ...gated }).Status).toBe('SchedulingGated');
    const deleted = { deletionTimestamp: '2026-01-01T00:59:00Z' };
    expect(pod({ phase: 'Pending', ...gated }, {}, deleted).Status).toBe('Terminating');
    expect(pod({ phase: 'Failed' }, {}, deleted).Status).toBe('Failed');
  });

  it('marks the rows of finished pods', () => {
    const conditionsOf = (phase: string) =>
      podTable.row({ apiVersion: 'v1', kind: 'Pod', metadata: { ...METADATA, namespace: 'n' }, status: { phase } }, NOW)
        .conditions;
    expect(conditionsOf('Succeeded')).toMatchObject([{ type: 'Completed', status: 'True', reason: 'Succeeded' }]);
    expect(conditionsOf('Failed')).toMatchObject([{ type: 'Completed', status: 'True', reason: 'Failed' }]);
    expect(conditionsOf('Running')).toBeUndefined();
  });
});

describe('nodeTable', () => {
  it('leaves out roles without a name', () => {
    const labels = { 'node-role.kubernetes.io/': '', 'kubernetes.io/role': '' };
    expect(row(nodeTable, { metadata: { labels } }).Roles).toBe('<none>');
  });
});

describe('eventTable', () => {
  it('takes the reporter of the newer API when there is no source', () => {
    const cells = row(eventTable, {
      eventTime: '2026-01-01T00:59:00.000000Z',
      reportingComponent: 'scheduler',
      reportingInstance: 'host-1',
      message: ' placed\n',
      involvedObject: { kind: 'DaemonSet' },
    });
    expect(cells).toMatchObject({
      'Last Seen': '60s',
      'First Seen': '60s',
      Source: 'scheduler, host-1',
      Message: 'placed',
      Object: 'daemonset',
      Count: 1,
    });
  });
});

describe('formatNodeSelector', () => {
  it('sorts by key', () => {
    expect(formatNodeSelector({ b: '2', a: '1' })).toBe('a=1,b=2');
    expect(formatNodeSelector({})).toBe('<none>');
    expect(formatNodeSelector(undefined)).toBe('<none>');
  });
});

describe('rolloutStatus', () => {
  const at = (observedGeneration: number, updatedNumberScheduled: number, numberAvailable: number) =>
    rolloutStatus({
      name: 'foo',
      generation: 1,
      strategyType: 'RollingUpdate',
      status: { observedGeneration, desiredNumberScheduled: 2, updatedNumberScheduled, numberAvailable },
    });

  it('goes from pods to update over pods to wait for to done', () => {
    expect(at(0, 2, 2)).toMatchObject({ done: false, message: expect.stringContaining('to be observed') });
    expect(at(1, 1, 2)).toEqual({
      done: false,
      message: 'Waiting for daemon set "foo" rollout to finish: 1 out of 2 new pods have been updated...\n',
    });
    expect(at(1, 2, 1)).toEqual({
      done: false,
      message: 'Waiting for daemon set "foo" rollout to finish: 1 of 2 updated pods are available...\n',
    });
    expect(at(1, 2, 2)).toEqual({ done: true, message: 'daemon set "foo" successfully rolled out\n' });
  });

  it('refuses OnDelete', () => {
    expect(() => rolloutStatus({ name: 'foo', generation: 1, strategyType: 'OnDelete', status: {} })).toThrow(
      'RollingUpdate',
    );
  });
});

describe('descriptions of columns', () => {
  const columns = resources.flatMap(({ table, plural }) =>
    table.columns.flatMap(({ name, description }) =>
      typeof description === 'string' ? [] : [{ column: `${plural} ${name}`, ...description }],
    ),
  );

  it('are those of fields that exist', () => {
    const missing = columns.filter(({ type, field }) => lookupType(type)?.fields?.[field] === undefined);
    expect(missing).toEqual([]);
    expect(columns.length).toBeGreaterThan(100);
  });
});
