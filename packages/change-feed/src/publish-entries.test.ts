import { decodeChanges, type JournalEntry, subjects } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { podEntry, RecordingBus } from '../fixtures/recording-bus.js';
import { askToResync, type Publishing, publishEntries } from './index.js';

const ASSIGNED = subjects.command('agent-1', 'pod-assigned');
const TERMINATING = subjects.command('agent-1', 'pod-terminating');

let bus: RecordingBus;
let to: Publishing;

beforeEach(() => {
  bus = new RecordingBus();
  const agentOf = (node: string) => (node === 'n' ? 'agent-1' : undefined);
  to = { bus, source: '/test', agentOf, log: testLog(), store: { sealEntry: (entry) => entry } };
});

const namesIn = (subject: string): string[] =>
  bus.on(subject).flatMap(({ body }) => {
    const { pods } = JSON.parse(body) as { pods: { name?: string; metadata?: { name: string } }[] };
    return pods.map((pod) => pod.metadata?.name ?? pod.name ?? '');
  });

const revisionsOn = (subject: string): number[] =>
  bus.on(subject).flatMap(({ body }) => decodeChanges(Buffer.from(body)).map(({ revision }) => revision));

const METADATA_ONLY = { metadata: true, desired: false, observed: false };
const STATUS_ONLY = { metadata: false, desired: false, observed: true };

describe('commands for agents', () => {
  it.each<[string, Partial<JournalEntry>, { assigned: boolean; terminating: boolean }]>([
    ['a new pod on a node', {}, { assigned: true, terminating: false }],
    ['a new pod without a node', { placement: null }, { assigned: false, terminating: false }],
    ['a new pod on a node without an agent', { placement: 'other' }, { assigned: false, terminating: false }],
    [
      'a changed pod',
      { type: 'MODIFIED', previous: 1, changed: METADATA_ONLY },
      { assigned: true, terminating: false },
    ],
    ['a status', { type: 'MODIFIED', previous: 1, changed: STATUS_ONLY }, { assigned: false, terminating: false }],
    [
      'a pod that is to end',
      { type: 'MODIFIED', previous: 1, deleting: true, changed: METADATA_ONLY },
      { assigned: false, terminating: true },
    ],
    [
      'the status of a pod that is to end',
      { type: 'MODIFIED', previous: 1, deleting: true, changed: STATUS_ONLY },
      { assigned: false, terminating: false },
    ],
    ['a pod that is gone', { type: 'DELETED', previous: 1 }, { assigned: false, terminating: true }],
    ['an object of another kind', { resource: 'configmaps' }, { assigned: false, terminating: false }],
  ])('for %s', async (_what, fields, expected) => {
    await publishEntries(to, [podEntry(7, { name: 'p', ...fields })]);
    expect(namesIn(ASSIGNED)).toEqual(expected.assigned ? ['p'] : []);
    expect(namesIn(TERMINATING)).toEqual(expected.terminating ? ['p'] : []);
  });

  it('go to the agent of a node that the same entries bring', async () => {
    const node = podEntry(1, { resource: 'nodes', namespace: '', name: 'new', placement: 'agent-2' });
    await publishEntries(to, [node, podEntry(2, { name: 'p', placement: 'new' })]);
    expect(namesIn(subjects.command('agent-2', 'pod-assigned'))).toEqual(['p']);
  });

  it('have the grace period of a pod that is to end, and none for a pod that is gone', async () => {
    const metadata = '{"name":"p","deletionGracePeriodSeconds":7}';
    const ending = { type: 'MODIFIED', deleting: true, changed: METADATA_ONLY, metadata } as const;
    await publishEntries(to, [podEntry(1, { name: 'p', ...ending }), podEntry(2, { name: 'q', type: 'DELETED' })]);
    const [message] = bus.on(TERMINATING);
    expect(JSON.parse(message?.body ?? '')).toMatchObject({
      revision: 2,
      pods: [
        { name: 'p', node: 'n', graceSeconds: 7, gone: false },
        { name: 'q', node: 'n', graceSeconds: 0, gone: true },
      ],
    });
  });

  it('are not sent to an agent that cannot exist', async () => {
    await publishEntries({ ...to, agentOf: () => 'a.b>' }, [podEntry(1)]);
    expect(bus.published.map(({ subject }) => subject)).toEqual([subjects.objectsChanged]);
  });

  it('go out before the changes that they follow from', async () => {
    await publishEntries(to, [podEntry(1)]);
    expect(bus.published.map(({ subject }) => subject)).toEqual([ASSIGNED, subjects.objectsChanged]);
  });

  it('may be empty, to make an agent ask for its list', async () => {
    await askToResync(to, 'agent-1', 9);
    expect(bus.published).toEqual([{ subject: ASSIGNED, id: undefined, body: '{"revision":9,"pods":[]}' }]);
  });
});

describe('changes', () => {
  it('are one message, with the revisions from the first to the last in its id', async () => {
    await publishEntries(to, [podEntry(3), podEntry(4)]);
    expect(revisionsOn(subjects.objectsChanged)).toEqual([3, 4]);
    expect(bus.on(subjects.objectsChanged).map(({ id }) => id)).toEqual(['changes-3-4']);
  });

  it('are cut into messages that a server takes, each with its own range', async () => {
    const desired = `{"spec":"${'x'.repeat(300_000)}"}`;
    await publishEntries(
      to,
      [1, 2, 3, 4, 5].map((revision) => podEntry(revision, { desired })),
    );
    const messages = bus.on(subjects.objectsChanged);
    expect(messages.map(({ id }) => id)).toEqual(['changes-1-2', 'changes-3-4', 'changes-5-5']);
    for (const { body } of messages) expect(Buffer.byteLength(body)).toBeLessThan(700_000);
    expect(revisionsOn(subjects.objectsChanged)).toEqual([1, 2, 3, 4, 5]);
  });

  it('are measured in bytes, and not in characters', async () => {
    const desired = `{"spec":"${'ü'.repeat(200_000)}"}`;
    await publishEntries(to, [podEntry(1, { desired }), podEntry(2, { desired })]);
    expect(bus.on(subjects.objectsChanged).map(({ id }) => id)).toEqual(['changes-1-1', 'changes-2-2']);
  });

  it('leave out an object that fits no message: no range covers its revision', async () => {
    const desired = `{"spec":"${'x'.repeat(1_000_000)}"}`;
    await publishEntries(to, [podEntry(1), podEntry(2, { desired }), podEntry(3)]);
    expect(bus.on(subjects.objectsChanged).map(({ id }) => id)).toEqual(['changes-1-1', 'changes-3-3']);
    expect(namesIn(ASSIGNED)).toEqual(['p1', 'p3']);
  });

  it('are nothing when there are no entries', async () => {
    await publishEntries(to, []);
    expect(bus.published).toEqual([]);
  });
});

describe('manifest-applied', () => {
  const daemonSet = { resource: 'daemonsets.apps', name: 'ds', placement: null } as const;
  const onManifest = subjects.manifestApplied('daemonsets.apps', 'ns');

  it.each<[string, Partial<JournalEntry>, string[]]>([
    ['a new DaemonSet', {}, ['created']],
    ['a changed manifest', { type: 'MODIFIED', changed: METADATA_ONLY }, ['updated']],
    ['a status', { type: 'MODIFIED', changed: STATUS_ONLY }, []],
    ['a deleted DaemonSet', { type: 'DELETED' }, ['deleted']],
  ])('for %s', async (_what, fields, operations) => {
    await publishEntries(to, [podEntry(1, { ...daemonSet, ...fields })]);
    const bodies = bus.on(onManifest).map(({ body }) => JSON.parse(body) as { operation: string });
    expect(bodies.map(({ operation }) => operation)).toEqual(operations);
  });
});
