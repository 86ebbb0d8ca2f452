import { Bus } from '@everynode/bus';
import { inboxPrefix } from '@everynode/contract';
import type { AssignedPod } from '@everynode/kubelet';
import { type ReportListener, type RunningPod, type Runtime, systemClock } from '@everynode/pod-runtime';
import { SimulatedStreams } from '@everynode/pod-runtime/simulated';
import { createMetrics, Readiness } from '@everynode/service-shell';
import { eventually, testLog } from '@everynode/test-kit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlPlane } from '../fixtures/control-plane.js';
import { NODE } from '../fixtures/pod-sync-setup.js';
import { startNodeAgent } from './start-node-agent.js';

const PODS = 20;

let plane: ControlPlane;
let closers: (() => Promise<void>)[];
let stopping: AbortController;

beforeEach(async () => {
  plane = await ControlPlane.start(['agent-1']);
  closers = [];
  stopping = new AbortController();
});

afterEach(async () => {
  stopping.abort();
  for (const close of closers.reverse()) await close();
  await plane.stop();
});

/** Pods that run at once, and stop at once. */
class InstantRuntime implements Runtime {
  readonly running = new Map<string, AssignedPod>();
  readonly streams = new SimulatedStreams(
    () => undefined,
    systemClock,
    () => [],
  );
  readonly #onReport: ReportListener;

  constructor(onReport: ReportListener) {
    this.#onReport = onReport;
  }

  start(pod: AssignedPod): void {
    const { uid } = pod.metadata;
    if (this.running.has(uid)) return;
    this.running.set(uid, pod);
    // As every runtime does, it reports later.
    queueMicrotask(() => this.#onReport(pod, { status: { phase: 'Running' }, stopped: false, events: [] }));
  }

  stop(uid: string): void {
    const pod = this.running.get(uid);
    if (!pod) return;
    this.running.delete(uid);
    queueMicrotask(() => this.#onReport(pod, { status: { phase: 'Succeeded' }, stopped: true, events: [] }));
  }

  forget(uid: string): void {
    this.running.delete(uid);
  }

  found(): [] {
    return [];
  }

  counts(): ReadonlyMap<string, number> {
    return new Map([['running', this.running.size]]);
  }

  pods(): RunningPod[] {
    return [...this.running.keys()].map((uid) => ({
      uid,
      key: `default/pod-${uid}`,
      node: NODE.name,
      state: 'running',
    }));
  }

  close(): void {
    this.running.clear();
  }
}

/** Starts an agent as main.ts does, behind the proxy. */
async function startAgent() {
  const credential = await plane.nats.addAgent('agent-1');
  const pages = new Map<string, () => unknown>();
  const shell = {
    log: testLog(),
    signal: stopping.signal,
    metrics: createMetrics(),
    readiness: new Readiness(),
    show: (path: string, read: () => unknown) => void pages.set(path, read),
    beforeStop: () => undefined,
    onClose: (close: () => Promise<void>) => void closers.push(close),
  };
  const url = `nats://127.0.0.1:${plane.proxy.port}`;
  const bus = Bus.connect({ url, credential, name: 'agent-1', inboxPrefix: inboxPrefix('agent-1'), ...shell });
  closers.push(() => bus.close());
  let runtime: InstantRuntime | undefined;
  await startNodeAgent({
    ...shell,
    agent: 'agent-1',
    nodes: [NODE],
    heartbeatSeconds: 10,
    bus,
    runtime: (onReport) => {
      runtime = new InstantRuntime(onReport);
      return runtime;
    },
    connect: () => bus,
  });
  if (!runtime) throw new Error('the agent has not started');
  return { runtime, readiness: shell.readiness, pages };
}

const pod = (uid: string): AssignedPod => ({
  metadata: { name: `pod-${uid}`, namespace: 'default', uid },
  spec: { nodeName: NODE.name, containers: [{ name: 'c', image: 'i' }] },
});
const uids = Array.from({ length: PODS }, (_, i) => `${i}`);

describe('an agent', () => {
  it('shows its nodes and the pods that it runs', async () => {
    const { pages } = await startAgent();
    await plane.assign(pod('a'));
    const shown = { nodes: [NODE.name], pods: [{ uid: 'a', key: 'default/pod-a', node: NODE.name, state: 'running' }] };
    await eventually(() => expect(pages.get('/pods')?.()).toEqual(shown));
  });

  it('sends again what the bus has lost: its nodes, that pods run, that pods have stopped', async () => {
    plane.loses = true;
    const { runtime } = await startAgent();
    for (const uid of uids) await plane.assign(pod(uid));
    await eventually(() => expect(runtime.running.size).toBe(PODS));
    plane.loses = false;
    const healedAt = performance.now();
    await eventually(() => {
      expect(plane.registered).not.toEqual([]);
      expect([...plane.pods.values()].filter(({ reported }) => reported === 0)).toEqual([]);
    });
    plane.loses = true;
    await plane.terminate(uids);
    await eventually(() => expect(runtime.running.size).toBe(0));
    plane.loses = false;
    await eventually(() => expect(plane.pods.size).toBe(0));
    // Both losses, each within ten seconds.
    expect(performance.now() - healedAt).toBeLessThan(20_000);
  });

  it('repeats the status of a pod that a restored store lacks', async () => {
    const { runtime } = await startAgent();
    for (const uid of ['a', 'b']) await plane.assign(pod(uid));
    await eventually(() => expect([...plane.pods.values()].every(({ reported }) => reported > 0)).toBe(true));
    const restored = plane.pods.get('a');
    if (restored) restored.reported = 0;
    plane.reported.length = 0;
    await plane.command('pod-assigned', { revision: plane.revision, pods: [] });
    await eventually(() => expect(plane.reported.map(({ uid }) => uid)).toContain('a'));
    await eventually(() => expect(restored?.reported).toBeGreaterThan(0));
    expect(runtime.running.size).toBe(2);
  });

  it('kills what was replaced while it was cut off, and reports what changed, soon after the network is back', async () => {
    const { runtime } = await startAgent();
    for (const uid of ['old', 'stays']) await plane.assign(pod(uid));
    await eventually(() => expect([...plane.pods.values()].every(({ reported }) => reported > 0)).toBe(true));
    plane.proxy.set({ name: 'stall' });
    await plane.terminate(['stays']);
    plane.pods.delete('old');
    await plane.assign(pod('new'));
    // The agent has noticed when it tries to connect anew. Commands were missed until then.
    await eventually(() => expect(plane.proxy.connections).toBeGreaterThan(1));
    plane.proxy.set({ name: 'pass' });
    const healedAt = performance.now();
    await eventually(() => {
      expect([...runtime.running.keys()]).toEqual(['new']);
      expect(plane.pods.get('new')?.reported).toBeGreaterThan(0);
      expect(plane.pods.has('stays')).toBe(false);
    });
    expect(performance.now() - healedAt).toBeLessThan(10_000);
  });

  it('falls silent when a process that started later has its name, and says so', async () => {
    const { runtime, readiness } = await startAgent();
    await plane.assign(pod('a'));
    await eventually(() => expect(plane.pods.get('a')?.reported).toBeGreaterThan(0));
    plane.receipt({ incarnation: plane.incarnation + 1, message: 0 });
    await eventually(() => expect(JSON.stringify(readiness.report())).toContain('a process that started later'));
    plane.reported.length = 0;
    await plane.assign(pod('b'));
    await plane.terminate(['a']);
    plane.proxy.cut();
    await eventually(() => expect(plane.proxy.connections).toBe(1));
    expect([...runtime.running.keys()]).toEqual(['a']);
    expect(plane.reported).toEqual([]);
  });
});
