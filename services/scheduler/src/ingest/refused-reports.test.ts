import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentSender, connectAgent } from '../../fixtures/agent-sender.js';
import { enrolAgent, type RunningControllers, runControllers } from '../../fixtures/running-controllers.js';

/** What an agent may not say: it is refused alone, acknowledged and counted, and nothing of it is stored. */
const NODES = ['node-*', 'bad', 'beside-*', 'labelled', 'foreign'];
let running: RunningControllers;
let agent: AgentSender;
let incarnation: number;
let message = 0;
const stopping = new AbortController();

beforeAll(async () => {
  running = await runControllers([], { agents: ['agent-1'], enrolments: { 'agent-1': NODES } });
  agent = await connectAgent(running.nats, 'agent-1', stopping.signal);
  incarnation = await agent.takeIncarnation('one');
  await send('node-registered', { nodes: [{ name: 'node-a', status: {} }] });
  for (const name of ['pod', 'beside']) {
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', uid: name },
      spec: { nodeName: 'node-a', containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
  }
});

afterAll(async () => {
  stopping.abort();
  await agent.bus.close();
  await running.stop();
});

/** Sends a report, and waits until it is acknowledged. */
async function send(
  event: 'node-registered' | 'pod-status',
  body: { pods?: object[]; nodes?: object[] },
): Promise<void> {
  message += 1;
  const number = message;
  const pods = body.pods?.map((pod) => ({ sequence: number, ...pod }));
  await agent.report(event, { incarnation, message: number, ...body, ...(pods && { pods }) });
  await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message: number }));
}

async function refusals(reason: string): Promise<number> {
  const { values } = (await running.metrics.getSingleMetric('everynode_reports_refused_total')?.get()) ?? {
    values: [],
  };
  return values.find(({ labels }) => labels.reason === reason && labels.agent === 'agent-1')?.value ?? 0;
}

const item = (facts: object) => ({
  namespace: 'default',
  name: 'pod',
  uid: 'pod',
  node: 'node-a',
  status: { phase: 'Running' },
  ...facts,
});
const withStatus = (status: unknown) => item({ status });
const statusOf = async (name: string) => (await running.get('pods', 'default', name))?.status;

describe('a report on a pod', () => {
  it.each<[what: string, reason: 'contract' | 'content' | 'data', report: object]>([
    ['containerStatuses that are a text', 'content', withStatus({ containerStatuses: 'x' })],
    ['a container status that is null', 'content', withStatus({ containerStatuses: [null] })],
    ['conditions that are a text', 'content', withStatus({ conditions: 'x' })],
    ['a time that is none', 'content', withStatus({ startTime: 'tomorrow' })],
    [
      'a quantity that is none',
      'content',
      withStatus({ containerStatuses: [{ name: 'c', allocatedResources: { cpu: 'lots' } }] }),
    ],
    [
      'a number that is too large',
      'content',
      withStatus({ containerStatuses: [{ name: 'c', restartCount: 2 ** 40 }] }),
    ],
    ['a status of 600 kB', 'content', withStatus({ message: 'x'.repeat(600_000) })],
    ['U+0000', 'content', withStatus({ message: 'a\0b' })],
    ['U+0000 in a list', 'content', withStatus({ podIPs: [{ ip: '\0' }] })],
    ['no object as status', 'contract', item({ status: [] })],
    ['U+0000 in the name', 'contract', item({ name: 'a\0b' })],
    ['a path as name', 'contract', item({ name: '../x' })],
    ['a path as namespace', 'contract', item({ namespace: '..' })],
    ['escape codes in the uid', 'contract', item({ uid: '\u001b[31m' })],
    ['U+0000 in the node', 'contract', item({ node: 'a\0b' })],
    ['a sequence of 1e18', 'contract', item({ sequence: 1e18 })],
    ['a sequence that no column holds', 'contract', item({ sequence: 1e300 })],
  ])('with %s is refused alone', async (_what, reason, report) => {
    const before = await refusals(reason);
    const stored = await statusOf('pod');
    const beside = { ...item({ name: 'beside', uid: 'beside' }), status: { phase: 'Running', message: `${message}` } };
    await send('pod-status', { pods: [report, beside] });
    expect(await statusOf('pod')).toEqual(stored);
    expect((await statusOf('beside'))?.message).toBe(beside.status.message);
    expect(await refusals(reason)).toBe(before + 1);
  });

  it('keeps the class and the claims of the pod, and drops unknown fields', async () => {
    const claims = { resourceClaimStatuses: [{ name: 'gpu', resourceClaimName: 'of-others' }] };
    const status = { phase: 'Running', qosClass: 'Guaranteed', ...claims, extra: { a: 1 } };
    await send('pod-status', { pods: [withStatus(status)] });
    expect(await statusOf('pod')).toEqual({ phase: 'Running', qosClass: 'BestEffort' });
  });

  it('has its events recorded without what the store cannot hold, and with a time that has come', async () => {
    const event = { type: 'Warning', reason: 'A\0', message: 'b\ud800', at: '+275000-01-01T00:00:00Z' };
    await send('pod-status', { pods: [item({ events: [event] })] });
    const recorded = running.events.find(({ reason }) => reason === 'A\ufffd');
    expect(recorded).toMatchObject({ message: 'b\ufffd' });
    expect(recorded?.atMs).toBeLessThanOrEqual(Date.now());
  });

  it('of another node says nothing of it, by no event either', async () => {
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'elsewhere', namespace: 'default', uid: 'elsewhere' },
      spec: { nodeName: 'node-of-others', containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Running' },
    });
    running.events.length = 0;
    const event = { type: 'Warning', reason: 'Failed', message: 'a lie', at: '2026-01-01T00:00:00Z' };
    const facts = { name: 'elsewhere', uid: 'elsewhere', status: { phase: 'Failed' }, events: [event], stopped: true };
    await send('pod-status', { pods: [item(facts)] });
    expect(await statusOf('elsewhere')).toEqual({ phase: 'Running' });
    expect(running.events).toEqual([]);
  });

  it('still ends a pod that has stopped, when its status is refused', async () => {
    const pod = { name: 'stops', namespace: 'default', uid: 'stops', deletionTimestamp: '2026-01-01T00:00:00Z' };
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: pod,
      spec: { nodeName: 'node-a', containers: [{ name: 'c', image: 'i' }] },
    });
    await send('pod-status', {
      pods: [{ ...withStatus({ conditions: [null, 'x'] }), name: 'stops', uid: 'stops', stopped: true }],
    });
    expect(await statusOf('stops')).toBeUndefined();
    expect(await running.get('pods', 'default', 'stops')).toBeUndefined();
  });
});

describe('a registration', () => {
  const node = (facts: object) => ({ name: 'bad', status: {}, ...facts });
  it.each<[what: string, reason: 'contract' | 'content', registration: object]>([
    ['conditions that are a text', 'content', node({ status: { conditions: 'x' } })],
    ['a condition that is null', 'content', node({ status: { conditions: [null] } })],
    ['capacity that is none', 'content', node({ status: { capacity: { cpu: 'lots' } } })],
    ['negative capacity', 'content', node({ status: { capacity: { cpu: '-1' } } })],
    [
      'a time that is none',
      'content',
      node({ status: { conditions: [{ type: 'Ready', lastHeartbeatTime: 'tomorrow' }] } }),
    ],
    ['a status of 600 kB', 'content', node({ status: { images: [{ names: ['x'.repeat(600_000)] }] } })],
    ['an annotation of 600 kB', 'content', node({ annotations: { a: 'x'.repeat(600_000) } })],
    ['U+0000', 'content', node({ annotations: { a: '\0' } })],
    ['a label value with a space', 'content', node({ labels: { a: 'b c' } })],
    ['an unknown effect of a taint', 'content', node({ taints: [{ key: 'a', effect: 'Explode' }] })],
    ['the name ..', 'contract', node({ name: '..' })],
    ['the name a/b', 'contract', node({ name: 'a/b' })],
    ['escape codes in the name', 'contract', node({ name: '\u001b[2J' })],
    ['U+0000 in the name', 'contract', node({ name: 'bad\0' })],
  ])('with %s is refused alone', async (_what, reason, registration) => {
    const before = await refusals(reason);
    const beside = `beside-${message}`;
    await send('node-registered', { nodes: [registration, { name: beside, status: {} }] });
    expect(await running.get('nodes', '', 'bad')).toBeUndefined();
    expect(await running.get('nodes', '', beside)).toBeDefined();
    expect(await refusals(reason)).toBe(before + 1);
  });

  it('of a node that the agent was not enrolled for is refused alone', async () => {
    const before = await refusals('not-enrolled');
    message += 1;
    const nodes = ['node-b', 'other'].map((name) => ({ name, status: {} }));
    await agent.report('node-registered', { incarnation, message, nodes });
    await eventually(async () => expect(await running.get('nodes', '', 'node-b')).toBeDefined());
    expect(await refusals('not-enrolled')).toBe(before + 1);
    expect(await running.get('nodes', '', 'other')).toBeUndefined();
    // Nor after its enrolment has ended: a message may be on its way when its node is deleted.
    await running.database.execute(`insert into deleted_nodes (node, revision) values ('agent-1', 2)`);
    await running.context.store.revokeDeletedNodes();
    await agent.report('node-registered', {
      incarnation,
      message: message + 1,
      nodes: [{ name: 'node-c', status: {} }],
    });
    await eventually(async () => expect(await refusals('not-enrolled')).toBe(before + 2));
    await enrolAgent(running.context.store, 'agent-1', NODES, 3);
    message += 1;
  });

  it('may not give the node a role, or what isolates workloads', async () => {
    const labels = {
      'node-role.kubernetes.io/control-plane': '',
      'node-restriction.kubernetes.io/team': 'a',
      'example.node-restriction.kubernetes.io/team': 'a',
      'k8s.io/x': '',
    };
    const kept = { 'kubernetes.io/os': 'linux', 'node.kubernetes.io/x': 'y', 'example.com/a': 'b', disk: 'ssd' };
    await send('node-registered', { nodes: [{ name: 'labelled', labels: { ...labels, ...kept }, status: {} }] });
    expect((await running.get('nodes', '', 'labelled'))?.metadata.labels).toEqual(kept);
  });

  it('is an Event on a node of the agent, and on no other', async () => {
    await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'foreign' }, spec: {} });
    running.events.length = 0;
    await eventually(async () => {
      await send('node-registered', { nodes: [{ name: 'foreign', status: { conditions: 'x' } }] });
      await send('node-registered', { nodes: [{ name: 'node-a', status: { conditions: 'x' } }] });
      expect(running.events.map(({ subject, reason }) => [subject.name, reason])).toContainEqual([
        'node-a',
        'ReportRefused',
      ]);
    }, 30_000);
    expect(running.events.filter(({ subject }) => subject.name === 'foreign')).toEqual([]);
  });
});

describe('an incarnation that was never handed out', () => {
  it('does not speak for the agent, and the one that was handed out still does', async () => {
    const before = await refusals('ahead');
    for (const ahead of [2 ** 31 - 1, incarnation + 100_000]) {
      await agent.report('pod-status', { incarnation: ahead, message: 1, pods: [withStatus({ phase: 'Failed' })] });
    }
    await eventually(async () => expect(await refusals('ahead')).toBe(before + 2));
    for (const ahead of [2 ** 31, 1e18, 1e300])
      await agent.report('pod-status', { incarnation: ahead, message: 1, pods: [] });
    await send('pod-status', { pods: [withStatus({ phase: 'Running', message: 'still' })] });
    expect((await statusOf('pod'))?.message).toBe('still');
  });
});
