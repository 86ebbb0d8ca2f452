import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentSender, connectAgent } from '../../fixtures/agent-sender.js';
import { enrolAgent, type RunningControllers, runControllers } from '../../fixtures/running-controllers.js';

let running: RunningControllers;
let agent: AgentSender;
let folder: string;
let incarnation: number;
let message = 0;
const stopping = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everynode-audit-'));
  running = await runControllers([], { agents: ['fleet'], auditLog: join(folder, 'audit.log') });
  await enrolAgent(running.context.store, 'fleet', ['node-*'], 2, 'UKEY');
  agent = await connectAgent(running.nats, 'fleet', stopping.signal);
  incarnation = await agent.takeIncarnation('process');
}, 60_000);

afterAll(async () => {
  stopping.abort();
  await agent.bus.close();
  await running.stop();
  await rm(folder, { recursive: true, force: true });
});

async function report(event: 'node-registered' | 'pod-status', items: object): Promise<void> {
  message += 1;
  await agent.report(event, { incarnation, message, ...items });
  await eventually(() => expect(agent.receipts).toContainEqual({ incarnation, message }));
}

interface AuditEvent {
  verb: string;
  requestURI: string;
  objectRef: object;
  user: object;
  annotations: Record<string, string>;
}

const recorded = async (): Promise<AuditEvent[]> =>
  (await readFile(join(folder, 'audit.log'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEvent);

it('shows what the reports of an agent have written, who that was, and with which credential', async () => {
  await report('node-registered', { nodes: [{ name: 'node-a', status: {} }] });
  for (const name of ['a', 'b']) {
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace: 'default', uid: name },
      spec: { nodeName: 'node-a', containers: [{ name: 'c', image: 'i' }] },
    });
  }
  const pod = (name: string, sequence: number, text: string) => ({
    ...{ namespace: 'default', name, uid: name, node: 'node-a', sequence },
    status: { message: text },
  });
  await report('pod-status', { pods: [pod('a', 1, 'secret words'), pod('b', 1, 'secret words')] });
  // What changes nothing, and what is another agent's, is no write.
  await report('pod-status', { pods: [pod('a', 2, 'secret words'), { ...pod('b', 2, 'other'), node: 'elsewhere' }] });
  // An agent names the pod, and not what is recorded of it.
  await report('pod-status', { pods: [{ ...pod('b', 3, 'other'), resource: 'nodes', outcome: 'deleted' }] });

  const subject = 'everynode.v1.agent.fleet.report';
  const events = await eventually(async () => {
    const all = await recorded();
    expect(all).toHaveLength(4);
    return all;
  });
  expect(events.map(({ verb, requestURI, objectRef }) => [verb, requestURI, objectRef])).toEqual([
    ['create', `${subject}.node-registered`, { resource: 'nodes', name: 'node-a', apiVersion: 'v1' }],
    [
      'create',
      `${subject}.node-registered`,
      {
        ...{ resource: 'leases', namespace: 'kube-node-lease', name: 'node-a' },
        ...{ apiGroup: 'coordination.k8s.io', apiVersion: 'v1' },
      },
    ],
    ['update', `${subject}.pod-status`, { resource: 'pods', apiVersion: 'v1', subresource: 'status' }],
    [
      'update',
      `${subject}.pod-status`,
      { resource: 'pods', namespace: 'default', name: 'b', apiVersion: 'v1', subresource: 'status' },
    ],
  ]);
  expect(events[2]?.annotations['everynode.io/objects']).toBe('default/a,default/b');
  expect(events[0]).toMatchObject({
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    user: {
      username: 'system:node:fleet',
      groups: ['system:nodes', 'system:authenticated'],
      extra: { 'authentication.kubernetes.io/credential-id': ['NATS-ACCOUNT=agent fleet', 'NKEY=UKEY'] },
    },
  });
  expect(JSON.stringify(events)).not.toContain('secret words');

  await running.change('pods', 'default', 'a', ({ metadata }) => {
    Object.assign(metadata, { deletionTimestamp: '2026-01-01T00:00:00Z', deletionGracePeriodSeconds: 1 });
  });
  await report('pod-status', { pods: [{ ...pod('a', 3, 'gone'), stopped: true }] });
  await eventually(async () => {
    const [removal] = (await recorded()).slice(4);
    expect([removal?.verb, removal?.objectRef]).toEqual([
      'delete',
      { resource: 'pods', namespace: 'default', name: 'a', apiVersion: 'v1' },
    ]);
  });
});
