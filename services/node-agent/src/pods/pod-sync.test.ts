import { ContractError, subjects } from '@everynode/contract';
import { testLog } from '@everynode/test-kit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostedNode } from '../nodes/hosted-nodes.js';
import type { AssignedPod, Runtime } from '../runtime/runtime.js';
import { PodSync } from './pod-sync.js';

const NODE: HostedNode = { name: 'node-1', number: 1, labels: {}, taints: [], capacity: {} };

const pod = (uid: string): AssignedPod => ({
  metadata: { name: `pod-${uid}`, namespace: 'default', uid },
  spec: { nodeName: NODE.name, containers: [{ name: 'c', image: 'i' }] },
});

const identity = (uid: string, rest: { gone?: boolean } = {}) => ({
  namespace: 'default',
  name: `pod-${uid}`,
  uid,
  node: NODE.name,
  graceSeconds: 30,
  gone: false,
  ...rest,
});

class RecordingRuntime implements Runtime {
  readonly running = new Set<string>();
  readonly stopping = new Map<string, number>();
  start(started: AssignedPod): void {
    this.running.add(started.metadata.uid);
  }
  stop(uid: string, graceSeconds: number): void {
    this.stopping.set(uid, graceSeconds);
  }
  forget(uid: string): void {
    this.running.delete(uid);
  }
  counts(): ReadonlyMap<string, number> {
    return new Map([['running', this.running.size]]);
  }
  close(): void {
    this.running.clear();
  }
}

/** The control plane's side: what it would answer, and a hook for what happens while an answer is on its way. */
function setup() {
  const assigned = new Map<string, { graceSeconds?: number }>();
  const state = { revision: 10, whileListing: () => undefined as unknown };
  const runtime = new RecordingRuntime();
  const stopped: string[] = [];
  const sync = new PodSync({
    agent: 'agent-1',
    runtime,
    nodes: new Map([[NODE.name, NODE]]),
    reportStopped: ({ uid }) => stopped.push(uid),
    onForgotten: () => undefined,
    log: testLog(),
    signal: new AbortController().signal,
    bus: {
      request: async (subject, body) => {
        if (subject === subjects.request('agent-1', 'fetch-pods')) {
          const { uids } = JSON.parse(body) as { uids: string[] };
          return JSON.stringify({ revision: state.revision, pods: uids.filter((uid) => assigned.has(uid)).map(pod) });
        }
        const pods = [...assigned].map(([uid, { graceSeconds }]) => ({
          namespace: 'default',
          name: `pod-${uid}`,
          uid,
          node: NODE.name,
          ...(graceSeconds !== undefined && { graceSeconds }),
        }));
        const reply = JSON.stringify({ revision: state.revision, pods, more: false });
        state.whileListing();
        return reply;
      },
    },
  });
  const command = (event: 'pod-assigned' | 'pod-terminating', content: object) => {
    const body = JSON.stringify(content);
    return sync.command({
      subject: subjects.command('agent-1', event),
      event: undefined,
      bytes: Buffer.from(body),
      body,
    });
  };
  return { assigned, state, runtime, stopped, sync, command };
}

describe('synchronising with the assigned pods', () => {
  it('starts what is assigned, stops what is going, forgets what is gone', async () => {
    const { assigned, runtime, sync, state } = setup();
    assigned.set('a', {}).set('b', { graceSeconds: 7 });
    await sync.resync();
    expect([...runtime.running]).toEqual(['a', 'b']);
    expect(runtime.stopping.get('b')).toBe(7);
    assigned.delete('a');
    state.revision = 20;
    await sync.resync();
    expect([...runtime.running]).toEqual(['b']);
  });

  it('keeps a pod that a command brought while the list was on its way', async () => {
    const { runtime, sync, state, command } = setup();
    state.whileListing = () => command('pod-assigned', { revision: 11, pods: [pod('new')] });
    await sync.resync();
    expect([...runtime.running]).toEqual(['new']);
  });

  it('does not start a pod again that was gone before the last list', async () => {
    const { runtime, sync, command } = setup();
    await sync.resync();
    command('pod-assigned', { revision: 9, pods: [pod('old')] });
    expect([...runtime.running]).toEqual([]);
    command('pod-assigned', { revision: 11, pods: [pod('new')] });
    expect([...runtime.running]).toEqual(['new']);
  });

  it('comes to the same whatever order commands and lists come in', async () => {
    // Each pod is assigned at its revision and may be gone at a later one; the list is read at some revision in between.
    const history = fc.array(fc.record({ assignedAt: fc.nat(20), lives: fc.option(fc.integer({ min: 1, max: 10 })) }), {
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(history, fc.nat(20), fc.scheduler(), async (pods, listedAt, scheduler) => {
        const { assigned, runtime, sync, state, command } = setup();
        const goneAt = ({ assignedAt, lives }: { assignedAt: number; lives: number | null }) =>
          lives === null ? Number.POSITIVE_INFINITY : assignedAt + lives;
        pods.forEach((one, i) => {
          if (one.assignedAt <= listedAt && goneAt(one) > listedAt) assigned.set(`${i}`, {});
        });
        state.revision = listedAt;
        const commands = pods.flatMap((one, i) => [
          { at: one.assignedAt, run: () => command('pod-assigned', { revision: one.assignedAt, pods: [pod(`${i}`)] }) },
          {
            at: goneAt(one),
            run: () => command('pod-terminating', { revision: goneAt(one), pods: [identity(`${i}`, { gone: true })] }),
          },
        ]);
        const sequence = commands
          .filter(({ at }) => Number.isFinite(at))
          .sort((a, b) => a.at - b.at)
          .map(({ at, run }) => ({ label: `command ${at}`, builder: async () => run() }));
        const list = scheduler.schedule(Promise.resolve(), 'list').then(() => sync.resync());
        scheduler.scheduleSequence(sequence);
        await scheduler.waitIdle();
        await list;
        const alive = pods.flatMap((one, i) => (goneAt(one) === Number.POSITIVE_INFINITY ? [`${i}`] : []));
        expect([...runtime.running].sort()).toEqual(alive.sort());
      }),
    );
  });

  it('takes the same command twice, and one for a pod that is gone at once', async () => {
    const { runtime, sync, command } = setup();
    await sync.resync();
    for (let i = 0; i < 2; i += 1) command('pod-assigned', { revision: 11, pods: [pod('a')] });
    expect(sync.running).toBe(1);
    const gone = { namespace: 'default', name: 'pod-a', uid: 'a', node: NODE.name, graceSeconds: 0, gone: true };
    command('pod-terminating', { revision: 12, pods: [gone] });
    expect(sync.running).toBe(0);
    expect([...runtime.running]).toEqual([]);
  });

  it('does not start a pod again that has ended, whatever comes late or twice', async () => {
    const { assigned, runtime, stopped, sync, command } = setup();
    assigned.set('a', {}).set('b', {});
    await sync.resync();
    // `a` has stopped as it was told; `b` is gone. The answers of the other side still have both.
    runtime.forget('a');
    sync.stopped('a');
    command('pod-terminating', { revision: 12, pods: [identity('b', { gone: true })] });
    assigned.set('a', { graceSeconds: 30 });
    for (let i = 0; i < 2; i += 1) command('pod-assigned', { revision: 9, pods: [pod('a'), pod('b')] });
    await sync.resync();
    expect([...runtime.running]).toEqual([]);
    expect(stopped).toEqual(['a']);
    command('pod-terminating', { revision: 13, pods: [identity('a')] });
    expect(stopped).toEqual(['a', 'a']);
  });

  it('asks for the list when it is to stop a pod that it has never heard of', async () => {
    const { assigned, runtime, sync, command } = setup();
    await sync.resync();
    assigned.set('a', { graceSeconds: 30 });
    command('pod-terminating', { revision: 12, pods: [identity('a')] });
    await sync.resync();
    expect(runtime.stopping.get('a')).toBe(30);
  });

  it('asks for the list when it is told that commands may be lost', async () => {
    const { assigned, runtime, sync, command } = setup();
    await sync.resync();
    assigned.set('a', {});
    command('pod-assigned', { revision: 12, pods: [] });
    await sync.resync();
    expect([...runtime.running]).toEqual(['a']);
  });

  it('does what it understands of a command, and says that the rest is no pod', async () => {
    const { runtime, sync, command } = setup();
    await sync.resync();
    const broken = { metadata: { uid: 'x' }, spec: { nodeName: NODE.name } };
    expect(() => command('pod-assigned', { revision: 11, pods: [broken, pod('a')] })).toThrow(ContractError);
    expect([...runtime.running]).toEqual(['a']);
    for (const body of [{}, { revision: 'x', pods: [] }, { revision: 1, pods: [3] }]) {
      expect(() => command('pod-assigned', body)).toThrow(ContractError);
      expect(() => command('pod-terminating', body)).toThrow(ContractError);
    }
  });
});
