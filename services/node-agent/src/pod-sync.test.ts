import { subjects } from '@everynode/contract';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { HostedNode } from './nodes-file.js';
import { PodSync } from './pod-sync.js';
import type { AssignedPod, Runtime } from './runtime/runtime.js';

const NODE: HostedNode = { name: 'node-1', number: 1, labels: {}, taints: [], capacity: {} };

const pod = (uid: string): AssignedPod => ({
  metadata: { name: `pod-${uid}`, namespace: 'default', uid },
  spec: { nodeName: NODE.name, containers: [{ name: 'c', image: 'i' }] },
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
  close(): void {
    this.running.clear();
  }
}

/** The control plane's side: what it would answer, and a hook for what happens while an answer is on its way. */
function setup() {
  const assigned = new Map<string, { graceSeconds?: number }>();
  const state = { revision: 10, whileListing: () => undefined as unknown };
  const runtime = new RecordingRuntime();
  const sync = new PodSync({
    agent: 'agent-1',
    runtime,
    nodes: new Map([[NODE.name, NODE]]),
    log: pino({ level: 'silent' }),
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
  const command = (event: 'pod-assigned' | 'pod-terminating', body: object) =>
    sync.command({ subject: subjects.command('agent-1', event), event: undefined, body: JSON.stringify(body) });
  return { assigned, state, runtime, sync, command };
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
});
