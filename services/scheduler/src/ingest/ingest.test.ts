import { reportOrder } from '@everynode/contract';
import { AGENT_ANNOTATION } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AgentSender, connectAgent } from '../../fixtures/agent-sender.js';
import { type RunningControllers, runControllers } from '../../fixtures/running-controllers.js';
import { decideRegistration } from './node-registration.js';

let running: RunningControllers;
const stopping = new AbortController();
const senders: AgentSender[] = [];

beforeAll(async () => {
  running = await runControllers([], { agents: ['agent-1', 'agent-2'] });
});

afterAll(async () => {
  stopping.abort();
  for (const { bus } of senders) await bus.close();
  await running.stop();
});

async function connect(agent: string): Promise<AgentSender> {
  const sender = await connectAgent(running.nats, agent, stopping.signal);
  senders.push(sender);
  return sender;
}

const registration = (node: string, ready = 'True') => ({
  name: node,
  status: { conditions: [{ type: 'Ready', status: ready, lastTransitionTime: '2026-01-01T00:00:00Z' }] },
});

const createPod = (name: string, node: string) =>
  running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid: name },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'i' }] },
    status: { phase: 'Pending' },
  });

const item = (name: string, node: string, sequence: number, phase: string, reasons: string[] = []) => ({
  namespace: 'default',
  name,
  uid: name,
  node,
  sequence,
  status: { phase },
  events: reasons.map((reason) => ({ type: 'Normal', reason, message: '', at: '2026-01-01T00:00:00Z' })),
});

/** What an administrator does to move a node. */
async function moveTo(agent: string, node: string): Promise<void> {
  await running.change('nodes', '', node, ({ metadata }) => {
    metadata.annotations = { [AGENT_ANNOTATION]: agent };
  });
  const cached = () => running.context.reflector.cache('nodes').get('', node)?.record.placement;
  await eventually(() => expect(cached()).toBe(agent));
}

const phaseOf = async (name: string) => (await running.get('pods', 'default', name))?.status?.phase;
const eventsOf = (name: string) =>
  running.events.filter(({ subject }) => subject.name === name).map(({ reason }) => reason);

describe('the ingest of reports', () => {
  it('acknowledges to the agent what the store has, and records its events once, however often it comes', async () => {
    const agent = await connect('agent-1');
    const incarnation = await agent.takeIncarnation('one');
    await agent.report('node-registered', { incarnation, message: 1, nodes: [registration('node-a')] });
    await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: 1 }));
    await createPod('twice', 'node-a');
    for (const message of [2, 3]) {
      await agent.report('pod-status', { incarnation, message, pods: [item('twice', 'node-a', 1, 'Running', ['A'])] });
    }
    // The status is as it was: nothing is written, and the events count all the same, once.
    for (const message of [4, 5]) {
      await agent.report('pod-status', { incarnation, message, pods: [item('twice', 'node-a', 2, 'Running', ['B'])] });
    }
    await eventually(() => expect(agent.receipts).toHaveLength(6));
    expect(await phaseOf('twice')).toBe('Running');
    expect(eventsOf('twice').sort()).toEqual(['A', 'B']);
  });

  it('records the events on a node once, and none that an earlier process sends late', async () => {
    const agent = await connect('agent-1');
    const [earlier, incarnation] = [await agent.takeIncarnation('early-events'), await agent.takeIncarnation('events')];
    const report = async (number: number, of: number, reasons: Record<string, number>) => {
      const events = Object.entries(reasons).map(([reason, sequence]) => ({
        type: 'Warning',
        reason,
        message: 'words',
        at: '2026-01-01T00:00:00Z',
        sequence,
      }));
      // The time differs, as with a machine: each report is written.
      const node = registration('node-ev');
      const status = { ...node.status, phase: `${of} ${number}` };
      await agent.report('node-registered', { incarnation: of, message: number, nodes: [{ ...node, status, events }] });
    };
    await report(1, incarnation, { First: 1 });
    await report(2, incarnation, { First: 1, Second: 2 });
    await report(2, incarnation, { First: 1, Second: 2 });
    await report(3, earlier, { Late: 3 });
    await report(4, incarnation, { Third: 4 });
    await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: 4 }));
    await eventually(() => expect(eventsOf('node-ev').sort()).toEqual(['First', 'Second', 'Third']));
    const [first] = running.events.filter(({ subject }) => subject.name === 'node-ev');
    expect(first).toMatchObject({ subject: { kind: 'Node', name: 'node-ev' }, component: 'kubelet', host: 'node-ev' });
  });

  it('writes nothing of a report on a node that the agent of the subject does not host', async () => {
    const [host, other] = [await connect('agent-1'), await connect('agent-2')];
    const hosting = await host.takeIncarnation('host');
    await host.report('node-registered', { incarnation: hosting, message: 1, nodes: [registration('node-b')] });
    await eventually(() => expect(host.receipts).toContainEqual({ incarnation: hosting, message: 1 }));
    await createPod('foreign', 'node-b');
    const incarnation = await other.takeIncarnation('other');
    await other.report('pod-status', {
      incarnation,
      message: 1,
      pods: [{ ...item('foreign', 'node-b', 1, 'Failed', ['Forged']), stopped: true }],
    });
    await eventually(() => expect(other.receipts).toContainEqual({ incarnation, message: 1 }));
    expect(await phaseOf('foreign')).toBe('Pending');
    expect(eventsOf('foreign')).toEqual([]);
  });

  it('refuses reports of an earlier process of the agent, and lets it know', async () => {
    const agent = await connect('agent-1');
    const earlier = await agent.takeIncarnation('earlier');
    await agent.report('node-registered', { incarnation: earlier, message: 1, nodes: [registration('node-c')] });
    await createPod('superseded', 'node-c');
    await eventually(() => expect(agent.receipts).toContainEqual({ incarnation: earlier, message: 1 }));
    const later = await agent.takeIncarnation('later');
    await eventually(() => expect(agent.receipts).toContainEqual({ incarnation: later, message: 0 }));
    agent.receipts.length = 0;
    await agent.report('pod-status', {
      incarnation: earlier,
      message: 2,
      pods: [item('superseded', 'node-c', 9, 'Failed')],
    });
    await eventually(() => expect(agent.receipts).toEqual([{ incarnation: later, message: 0 }]));
    expect(await phaseOf('superseded')).toBe('Pending');
  });

  it('acknowledges what it refuses for good, so that it is not sent for ever', async () => {
    const agent = await connect('agent-1');
    const incarnation = await agent.takeIncarnation('invalid');
    await agent.report('pod-status', { incarnation, message: 1, pods: [{ name: 'x' }] });
    await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: 1 }));
  });

  it('takes the reports of a new host of a node, even if the process of the former one started later', async () => {
    const [one, two] = [await connect('agent-1'), await connect('agent-2')];
    const older = await two.takeIncarnation('older');
    const newer = await one.takeIncarnation('newer');
    await one.report('node-registered', { incarnation: newer, message: 1, nodes: [registration('node-d')] });
    await eventually(() => expect(one.receipts).toContainEqual({ incarnation: newer, message: 1 }));
    await createPod('moved', 'node-d');
    await one.report('pod-status', { incarnation: newer, message: 2, pods: [item('moved', 'node-d', 1, 'Running')] });
    await eventually(async () => expect(await phaseOf('moved')).toBe('Running'));
    const takeOver = (message: number) =>
      two.report('node-registered', { incarnation: older, message, nodes: [registration('node-d')] });
    await takeOver(1);
    // Not even when the node is lost: who may have a node is an administrator's to say.
    await running.change('nodes', '', 'node-d', (node) => {
      node.status = registration('node-d', 'Unknown').status;
    });
    await takeOver(1);
    // A later message is acknowledged: the first one was refused for now, and the agent sends it again.
    await two.report('pod-status', { incarnation: older, message: 2, pods: [] });
    await eventually(() => expect(two.receipts).toContainEqual({ incarnation: older, message: 2 }));
    expect(two.receipts).not.toContainEqual({ incarnation: older, message: 1 });
    expect((await running.get('nodes', '', 'node-d'))?.metadata.annotations).toEqual({ [AGENT_ANNOTATION]: 'agent-1' });
    await moveTo('agent-2', 'node-d');
    await takeOver(3);
    await eventually(() => expect(two.receipts).toContainEqual({ incarnation: older, message: 3 }));
    await two.report('pod-status', { incarnation: older, message: 4, pods: [item('moved', 'node-d', 1, 'Failed')] });
    await eventually(async () => expect(await phaseOf('moved')).toBe('Failed'));
  });

  it('takes the reports of a new host while the cache of this replica still has the former one', async () => {
    const [one, two] = [await connect('agent-1'), await connect('agent-2')];
    const former = await one.takeIncarnation('before-the-move');
    await one.report('node-registered', { incarnation: former, message: 1, nodes: [registration('node-e')] });
    await createPod('behind', 'node-e');
    const nodes = running.context.reflector.cache('nodes');
    const before = await eventually(() => nodes.get('', 'node-e') ?? Promise.reject(new Error('not cached')));
    await moveTo('agent-2', 'node-e');
    const incarnation = await two.takeIncarnation('after-the-move');
    await two.report('node-registered', { incarnation, message: 1, nodes: [registration('node-e')] });
    await eventually(() => expect(two.receipts).toContainEqual({ incarnation, message: 1 }));
    const get = nodes.get.bind(nodes);
    const behind = vi
      .spyOn(nodes, 'get')
      .mockImplementation((namespace, name) => (name === 'node-e' ? before : get(namespace, name)));
    await two.report('pod-status', { incarnation, message: 2, pods: [item('behind', 'node-e', 1, 'Running', ['A'])] });
    await eventually(() => expect(two.receipts).toContainEqual({ incarnation, message: 2 }));
    behind.mockRestore();
    expect(await phaseOf('behind')).toBe('Running');
    expect(eventsOf('behind')).toEqual(['A']);
  });

  it('takes the reports of a new host when nothing was done but to write that it hosts the node', async () => {
    const [one, two] = [await connect('agent-1'), await connect('agent-2')];
    const older = await two.takeIncarnation('killed-older');
    const newer = await one.takeIncarnation('killed-newer');
    await one.report('node-registered', { incarnation: newer, message: 1, nodes: [registration('node-f')] });
    await eventually(() => expect(one.receipts).toContainEqual({ incarnation: newer, message: 1 }));
    await createPod('inherited', 'node-f');
    const phaseRunning = [item('inherited', 'node-f', 1, 'Running', ['A'])];
    await one.report('pod-status', { incarnation: newer, message: 2, pods: phaseRunning });
    await eventually(async () => expect(await phaseOf('inherited')).toBe('Running'));
    // What a scheduler has committed that is killed right after it.
    await moveTo('agent-2', 'node-f');
    await two.report('node-registered', { incarnation: older, message: 1, nodes: [registration('node-f')] });
    const failed = [item('inherited', 'node-f', 1, 'Failed', ['B'])];
    for (const message of [2, 3]) await two.report('pod-status', { incarnation: older, message, pods: failed });
    await eventually(() => expect(two.receipts).toContainEqual({ incarnation: older, message: 3 }));
    expect(await phaseOf('inherited')).toBe('Failed');
    expect(eventsOf('inherited')).toEqual(['A', 'B']);
  });

  it('writes no older report over a newer one that changed nothing, and that one makes no new revision', async () => {
    const agent = await connect('agent-1');
    const incarnation = await agent.takeIncarnation('gap');
    await agent.report('node-registered', { incarnation, message: 1, nodes: [registration('node-g')] });
    await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: 1 }));
    await createPod('overtaken', 'node-g');
    let message = 1;
    const report = async (sequence: number, phase: string): Promise<number | undefined> => {
      message += 1;
      const number = message;
      await agent.report('pod-status', {
        incarnation,
        message: number,
        pods: [item('overtaken', 'node-g', sequence, phase)],
      });
      await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: number }));
      return (await running.context.store.get('pods', 'default', 'overtaken'))?.revision;
    };
    const written = await report(1, 'Running');
    // The second report is with a scheduler that is killed, so the bus delivers it again after the third.
    expect(await report(3, 'Running')).toBe(written);
    expect(await report(2, 'Pending')).toBe(written);
    expect(await phaseOf('overtaken')).toBe('Running');
  });

  it('ends the shutdown of a node when a process of its agent starts, and not before', async () => {
    const agent = await connect('agent-1');
    const conditions = async () =>
      (await running.get('nodes', '', 'node-s'))?.status?.conditions?.map(({ type }) => type);
    let message = 0;
    const register = async (incarnation: number) => {
      message += 1;
      const number = message;
      await agent.report('node-registered', { incarnation, message: number, nodes: [registration('node-s')] });
      await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: number }));
    };
    const first = await agent.takeIncarnation('ends');
    await register(first);
    await running.change('nodes', '', 'node-s', ({ status }) => {
      status?.conditions?.push({ type: 'GracefulNodeShutdownInProgress', status: 'True' });
    });
    await register(first);
    expect(await conditions()).toEqual(['Ready', 'GracefulNodeShutdownInProgress']);
    await register(await agent.takeIncarnation('starts'));
    expect(await conditions()).toEqual(['Ready']);
  });

  it('writes no registration of an earlier process over that of a later one which changed nothing', async () => {
    const agent = await connect('agent-1');
    const [earlier, later] = [await agent.takeIncarnation('early'), await agent.takeIncarnation('late')];
    const { store } = running.context;
    const register = (incarnation: number, ready: string) =>
      store.write({
        key: { resource: 'nodes', namespace: '', name: 'node-h' },
        reads: 'all-but-desired',
        decide: (current) =>
          decideRegistration(
            current,
            registration('node-h', ready),
            'agent-1',
            Date.now(),
            reportOrder(incarnation, 1),
          ),
      });
    await register(earlier - 1, 'True');
    const { revision } = await register(earlier - 1, 'True');
    expect((await register(later, 'True')).revision).toBe(revision);
    // A scheduler that has not heard of the later process yet takes what the earlier one has sent.
    expect((await register(earlier, 'False')).outcome).toBe('kept');
  });
});
