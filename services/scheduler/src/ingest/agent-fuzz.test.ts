import { streams, subjects } from '@everynode/contract';
import { connectRaw, type RawClient } from '@everynode/local-stack/testing';
import { canonicalValue, dnsSubdomainMessages, type ObjectRecord } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { propertyRuns } from '@everynode/test-kit/property-runs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AgentSender, connectAgent } from '../../fixtures/agent-sender.js';
import { type RunningControllers, runControllers } from '../../fixtures/running-controllers.js';

/**
 * Messages of every kind on every subject of one agent's credential. Nothing of another agent changes, the reports of
 * another agent still arrive, and the scheduler stays ready.
 */
let running: RunningControllers;
let victim: AgentSender;
let attacker: RawClient;
let incarnations: { victim: number; attacker: number };
let message = 1;
const stopping = new AbortController();

beforeAll(async () => {
  running = await runControllers([], { agents: ['victim', 'attacker'] });
  victim = await connectAgent(running.nats, 'victim', stopping.signal);
  const own = await connectAgent(running.nats, 'attacker', stopping.signal);
  incarnations = { victim: await victim.takeIncarnation('v'), attacker: await own.takeIncarnation('a') };
  for (const [sender, agent] of [
    [victim, 'victim'],
    [own, 'attacker'],
  ] as const) {
    const incarnation = incarnations[agent];
    await sender.report('node-registered', { incarnation, message: 1, nodes: [{ name: `node-${agent}`, status: {} }] });
    await eventually(() => expect(sender.receipts).toContainEqual({ incarnation, message: 1 }));
    await running.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `pod-${agent}`, namespace: 'default', uid: `uid-${agent}` },
      spec: { nodeName: `node-${agent}`, containers: [{ name: 'c', image: 'i' }] },
      status: { phase: 'Pending' },
    });
  }
  await own.bus.close();
  attacker = await connectRaw(running.nats.url, await running.nats.addAgent('attacker'));
}, 60_000);

afterAll(async () => {
  stopping.abort();
  await attacker.close();
  await victim.bus.close();
  await running.stop();
});

const evil = fc.oneof(
  fc.constantFrom<unknown>(null, '', [], {}, [null], true, 0, -1, 0.5, 1e18, 1e300, 2 ** 31 - 1, 2 ** 53, '\0'),
  fc.constantFrom<unknown>(
    '..',
    'a/b',
    '\u001b[2J',
    '\ud800',
    'node-victim',
    'pod-victim',
    'uid-victim',
    'tomorrow',
    'lots',
  ),
  fc.constant('x'.repeat(100_000)),
  fc.jsonValue({ maxDepth: 3 }),
);

const good = fc.constantFrom('victim', 'attacker').chain((agent) =>
  fc.record({
    incarnation: fc.constantFrom(0, 1, 2),
    message: fc.nat(1000),
    nodes: fc.constant([
      {
        name: `node-${agent}`,
        labels: { 'kubernetes.io/os': 'linux' },
        taints: [{ key: 'a', effect: 'NoSchedule' }],
        status: { capacity: { cpu: '1' }, conditions: [{ type: 'Ready', status: 'True' }], addresses: [] },
      },
    ]),
    pods: fc.constant([
      {
        namespace: 'default',
        name: `pod-${agent}`,
        uid: `uid-${agent}`,
        node: `node-${agent}`,
        sequence: 5,
        status: {
          phase: 'Failed',
          startTime: '2026-01-01T00:00:00Z',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [{ name: 'c', restartCount: 1, state: { running: {} } }],
        },
        stopped: true,
        events: [{ type: 'Normal', reason: 'A', message: 'b', at: '2026-01-01T00:00:00Z' }],
      },
    ]),
    uids: fc.constant([`uid-${agent}`]),
    limit: fc.constant(10),
    process: fc.constant('p'),
  }),
);

/** Puts a value at a place of a copy; the numbers choose the way down. */
function mutated(value: unknown, way: readonly number[], put: unknown): unknown {
  const copy = structuredClone(value);
  let at: unknown = copy;
  for (const [depth, step] of way.entries()) {
    if (typeof at !== 'object' || at === null) return copy;
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    if (key === undefined) return copy;
    const child: unknown = Reflect.get(at, key);
    if (depth === way.length - 1 || typeof child !== 'object' || child === null) {
      Reflect.set(at, key, put);
      return copy;
    }
    at = child;
  }
  return copy;
}

const body = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(good, fc.array(fc.nat(9), { minLength: 1, maxLength: 6 }), evil)
      .map(([value, way, put]) => JSON.stringify(mutated(value, way, put))),
  },
  { weight: 1, arbitrary: good.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'null',
      '[]',
      '{',
      `${'['.repeat(50_000)}`,
      `{"incarnation":${'1'.repeat(400)}}`,
      `{"error":"x"}`,
    ),
  },
  { weight: 1, arbitrary: fc.constant(`{"incarnation":1,"message":1,"pods":[{"a":"${'y'.repeat(900_000)}"}]}`) },
);

const own = 'everynode.v1.agent.attacker';
const subject = fc.oneof(
  fc.constantFrom(
    `${own}.report.node-registered`,
    `${own}.report.pod-status`,
    `${own}.liveness.node-heartbeat.0`,
    `${own}.request.list-pods`,
    `${own}.request.fetch-pods`,
    `${own}.request.find-missing`,
    `${own}.request.fetch-objects`,
    `${own}.request.take-incarnation`,
  ),
  fc.constantFrom(
    `${own}.report.unknown`,
    `${own}.report.a.b.c.pod-status`,
    `${own}.command.pod-assigned`,
    `${own}.receipt.report-stored`,
    `${own}.request.unknown`,
    `${own}.liveness.x`,
    `$JS.API.CONSUMER.MSG.NEXT.${streams.commands.name}.x`,
    `$JS.ACK.${streams.commands.name}.x.1.1.1.1.1`,
    'everynode.v1.agent.victim.report.pod-status',
    'everynode.v1.journal.objects-changed',
  ),
);
const reply = fc.option(
  fc.constantFrom(
    subjects.objectsChanged,
    subjects.command('victim', 'pod-assigned'),
    subjects.command('victim', 'pod-terminating'),
    'everynode.v1.agent.victim.liveness.node-heartbeat.0',
    'everynode.v1.agent.victim.report.pod-status',
    'everynode.v1.agent.victim.receipt.report-stored',
    '_INBOX_victim.x',
  ),
  { nil: undefined },
);
const headers = fc.option(
  fc.constantFrom<Record<string, string>>(
    { 'ce-id': 'changes-1-999999' },
    { 'ce-type': '{}' },
    { 'Nats-Msg-Id': 'a' },
    { 'Nats-Rollup': 'all' },
    { traceparent: '00-x' },
  ),
  { nil: undefined },
);

const snapshot = async (): Promise<ObjectRecord[]> => {
  const records: ObjectRecord[] = [];
  await running.context.store.readSnapshot(
    ['nodes', 'pods', 'daemonsets.apps', 'secrets', 'events'],
    (page) => void records.push(...page),
  );
  return records;
};

/** Events that name what is the victim's. They are written a moment after the report that has them. */
const eventsAboutVictim = (records: readonly ObjectRecord[]): string[] =>
  records
    .filter(({ resource, desired }) => resource === 'events' && /"(?:pod|node|uid)-victim"/.test(desired))
    .map(({ name }) => name);

/** Sends a report as an agent does: again, until it is acknowledged. */
async function victimReports(): Promise<void> {
  message += 1;
  const { victim: incarnation } = incarnations;
  const pod = { namespace: 'default', name: 'pod-victim', uid: 'uid-victim', node: 'node-victim', sequence: message };
  const status = { phase: 'Running', message: `${message}` };
  await eventually(async () => {
    await victim.report('pod-status', { incarnation, message, pods: [{ ...pod, status }] });
    expect(victim.receipts).toContainEqual({ incarnation, message });
  });
  expect((await running.get('pods', 'default', 'pod-victim'))?.status).toEqual(status);
}

it('changes nothing of others, holds no other agent up, and leaves the scheduler ready', async () => {
  const eventsBefore = eventsAboutVictim(await snapshot());
  const batch = fc.array(fc.record({ subject, body, reply, headers }), { minLength: 40, maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(batch, async (messages) => {
      await victimReports();
      const isOfVictim = ({ name }: ObjectRecord): boolean => name.endsWith('victim');
      const before = (await snapshot()).filter(isOfVictim);
      for (const { subject: to, body: text, reply: answer, headers: head } of messages) {
        const current = text.replaceAll('"incarnation":2', `"incarnation":${incarnations.attacker}`);
        attacker.publish(to, current, { ...(answer && { reply: answer }), ...(head && { headers: head }) });
      }
      await attacker.flush();
      // Each report is handled when the one of the victim, which comes after them, is.
      const after = await snapshot();
      expect(after.filter(isOfVictim)).toEqual(before);
      await victimReports();
      const records = await snapshot();
      expect(eventsAboutVictim(records)).toEqual(eventsBefore);
      for (const { resource, name, observed } of records) {
        if (resource === 'events') continue;
        expect(dnsSubdomainMessages(name)).toEqual([]);
        if (observed === null || observed === '{}') continue;
        const type = `io.k8s.api.core.v1.${resource === 'pods' ? 'PodStatus' : 'NodeStatus'}`;
        expect(() => canonicalValue(type, JSON.parse(observed))).not.toThrow();
      }
      expect(running.readiness.report()).toMatchObject({ ready: true });
    }),
    propertyRuns(5),
  );
}, 120_000);
