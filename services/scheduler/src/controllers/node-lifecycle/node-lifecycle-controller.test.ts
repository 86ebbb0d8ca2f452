import { eventType, subjects } from '@everynode/contract';
import { AGENT_ANNOTATION, type NodeSpec, type NodeStatus, type PodStatus, type Toleration } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningControllers, runControllers } from '../../../fixtures/running-controllers.js';

const GRACE_SECONDS = 1.5;

let running: RunningControllers;
const beating = new Map<string, NodeJS.Timeout>();

beforeAll(async () => {
  running = await runControllers(['node-lifecycle'], {
    agents: ['agent-1', 'agent-2'],
    nodeMonitorGraceSeconds: GRACE_SECONDS,
  });
});

afterAll(async () => {
  for (const timer of beating.values()) clearInterval(timer);
  await running.stop();
});

/** Sends a heartbeat several times in each grace period, until `stopBeating`. */
function beat(node: string, agent = 'agent-1', incarnation = 1): void {
  const send = (): void => {
    const event = { type: eventType('node-heartbeat'), source: `/everynode/agent/${agent}` };
    const body = JSON.stringify({ incarnation, nodes: [node] });
    // One that is lost while the bus restarts is followed by the next.
    running.context.bus.publish(subjects.heartbeat(agent, 0), event, body).catch(() => undefined);
  };
  send();
  beating.set(node, setInterval(send, 200));
}

function stopBeating(node: string): void {
  clearInterval(beating.get(node));
  beating.delete(node);
}

const createNode = (name: string, agent = 'agent-1') =>
  running.create('nodes', {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, annotations: { [AGENT_ANNOTATION]: agent } },
    spec: {},
    status: {
      conditions: [
        { type: 'MemoryPressure', status: 'False' },
        { type: 'Ready', status: 'True', reason: 'KubeletReady' },
      ],
    },
  });

const createPod = (name: string, nodeName: string, tolerations: Toleration[] = [{ operator: 'Exists' }]) =>
  running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'ns' },
    spec: { nodeName, tolerations, terminationGracePeriodSeconds: 30, containers: [] },
    status: {
      phase: 'Running',
      conditions: [
        { type: 'ContainersReady', status: 'True' },
        { type: 'Ready', status: 'True' },
      ],
    },
  });

async function nodeView(
  name: string,
): Promise<{ ready: string | undefined; reason: string | undefined; taints: string[] }> {
  const node = await running.get('nodes', '', name);
  const status = node?.status as NodeStatus | undefined;
  const spec = node?.spec as NodeSpec | undefined;
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const taints = spec?.taints?.map(({ key, effect }) => `${key}:${effect}`) ?? [];
  return { ready: ready?.status, reason: ready?.reason, taints };
}

async function podReady(name: string): Promise<string | undefined> {
  const status = (await running.get('pods', 'ns', name))?.status as PodStatus | undefined;
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}

const eventsOn = (name: string) => running.events.filter((e) => e.subject.name === name).map((e) => e.reason);
const UNREACHABLE = ['node.kubernetes.io/unreachable:NoSchedule', 'node.kubernetes.io/unreachable:NoExecute'];

describe('NodeLifecycleController', () => {
  it('marks a silent node as lost, and undoes that when it sends heartbeats again', async () => {
    beat('quiet');
    await createNode('quiet');
    await createPod('on-quiet', 'quiet');
    await eventually(() => expect(running.context.reflector.cache('pods').get('ns', 'on-quiet')).toBeDefined());
    stopBeating('quiet');
    await eventually(async () => {
      expect(await nodeView('quiet')).toEqual({ ready: 'Unknown', reason: 'NodeStatusUnknown', taints: UNREACHABLE });
      expect(await podReady('on-quiet')).toBe('False');
    });
    // An event follows the write that it tells of.
    await eventually(() => {
      expect(eventsOn('quiet')).toEqual(['NodeNotReady']);
      expect(eventsOn('on-quiet')).toEqual(['NodeNotReady']);
    });
    beat('quiet');
    await eventually(async () => {
      expect(await nodeView('quiet')).toEqual({ ready: 'True', reason: 'KubeletReady', taints: [] });
      expect(await podReady('on-quiet')).toBe('True');
    });
    await eventually(() => expect(eventsOn('quiet')).toEqual(['NodeNotReady', 'NodeReady']));
    stopBeating('quiet');
  });

  it('does not take the word of another agent, and does that of a kubelet that posts status', async () => {
    await createNode('spoken-for');
    beat('spoken-for', 'agent-2');
    await eventually(async () => expect((await nodeView('spoken-for')).ready).toBe('Unknown'));
    stopBeating('spoken-for');
    await running.change('nodes', '', 'spoken-for', (node) => {
      node.status = { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: '2026-01-01T00:00:00Z' }] };
    });
    await eventually(async () => expect(await nodeView('spoken-for')).toMatchObject({ ready: 'True', taints: [] }));
  });

  it('does not take the word of a process of an agent that a later one has replaced', async () => {
    await createNode('orphan', 'agent-2');
    beat('orphan', 'agent-2', 1);
    await eventually(async () => expect(await nodeView('orphan')).toMatchObject({ ready: 'True', taints: [] }));
    // The later process does not host the node.
    beat('another', 'agent-2', 2);
    await eventually(async () => expect((await nodeView('orphan')).ready).toBe('Unknown'));
    stopBeating('another');
    stopBeating('orphan');
  });

  it('hears agents of an older release, and the same agent after its upgrade', async () => {
    const send = (incarnation: number) =>
      running.context.bus.publish(
        subjects.heartbeat('agent-upgraded', 0),
        { type: eventType('node-heartbeat'), source: '/everynode/agent/agent-upgraded' },
        JSON.stringify({ incarnation, nodes: ['upgraded'] }),
      );
    await createNode('upgraded', 'agent-upgraded');
    const inMs = Date.now();
    for (const incarnation of [inMs, Math.floor(inMs / 1000)]) {
      await eventually(async () => expect((await nodeView('upgraded')).ready).toBe('Unknown'));
      await send(incarnation);
      await eventually(async () => expect((await nodeView('upgraded')).ready).toBe('True'));
    }
  });

  it('marks no node as lost for the time in which it could not listen', async () => {
    beat('steady');
    await createNode('steady');
    await running.nats.restartEmpty();
    await eventually(() => expect(running.context.bus.connected).toBe(true));
    // Judged by the same clock and from the same moment on: when this one is lost, the other would be too.
    await createNode('mute');
    await eventually(async () => expect((await nodeView('mute')).ready).toBe('Unknown'));
    expect(await nodeView('steady')).toMatchObject({ ready: 'True', taints: [] });
    expect(eventsOn('steady')).toEqual([]);
    stopBeating('steady');
  });

  it('marks no node as lost while the bus hangs for several grace periods, and judges again afterwards', async () => {
    beat('patient');
    await createNode('patient');
    await eventually(async () => expect(await nodeView('patient')).toMatchObject({ ready: 'True' }));
    process.kill(running.nats.pid, 'SIGSTOP');
    try {
      const until = Date.now() + 3 * GRACE_SECONDS * 1000;
      await eventually(() => expect(Date.now()).toBeGreaterThan(until));
    } finally {
      process.kill(running.nats.pid, 'SIGCONT');
    }
    await createNode('silent');
    await eventually(async () => expect((await nodeView('silent')).ready).toBe('Unknown'));
    expect(await nodeView('patient')).toMatchObject({ ready: 'True', taints: [] });
    expect(eventsOn('patient')).toEqual([]);
    stopBeating('patient');
  });

  it('adds the taint of a cordon and removes it', async () => {
    beat('cordoned');
    await createNode('cordoned');
    const cordon = (unschedulable: boolean) =>
      running.change('nodes', '', 'cordoned', (node) => {
        node.spec = { ...(node.spec as object), unschedulable };
      });
    await cordon(true);
    await eventually(async () =>
      expect((await nodeView('cordoned')).taints).toEqual(['node.kubernetes.io/unschedulable:NoSchedule']),
    );
    await cordon(false);
    await eventually(async () => expect((await nodeView('cordoned')).taints).toEqual([]));
    stopBeating('cordoned');
  });

  it('evicts pods that do not tolerate a NoExecute taint, when their time is over', async () => {
    beat('tainted');
    await createNode('tainted');
    await createPod('daemon', 'tainted');
    await createPod('ordinary', 'tainted', []);
    await createPod('for-a-while', 'tainted', [{ key: 'out', operator: 'Exists', tolerationSeconds: 2 }]);
    const taintedAt = Date.now();
    await running.change('nodes', '', 'tainted', (node) => {
      node.spec = { taints: [{ key: 'out', effect: 'NoExecute' }] };
    });
    const isGoing = async (name: string) =>
      (await running.get('pods', 'ns', name))?.metadata.deletionTimestamp !== undefined;
    await eventually(async () => expect(await isGoing('ordinary')).toBe(true));
    expect(await isGoing('for-a-while')).toBe(false);
    await createPod('late', 'tainted', []);
    await eventually(async () => expect(await isGoing('late')).toBe(true));
    await eventually(async () => expect(await isGoing('for-a-while')).toBe(true));
    expect(Date.now() - taintedAt).toBeGreaterThan(1000);
    expect(await isGoing('daemon')).toBe(false);
    await eventually(() => expect(eventsOn('for-a-while')).toEqual(['TaintManagerEviction']));
    stopBeating('tainted');
  });
});
