import { parseExchange, subjects } from '@everynode/contract';
import { AGENT_ANNOTATION } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentSender, connectAgent } from '../../fixtures/agent-sender.js';
import { type RunningControllers, runControllers } from '../../fixtures/running-controllers.js';

let running: RunningControllers;
let sender: AgentSender;
const stopping = new AbortController();

beforeAll(async () => {
  running = await runControllers([], { agents: ['agent-1'] });
  sender = await connectAgent(running.nats, 'agent-1', stopping.signal);
  for (const [name, agent] of [
    ['own', 'agent-1'],
    ['foreign', 'agent-2'],
  ] as const) {
    const metadata = { name, annotations: { [AGENT_ANNOTATION]: agent } };
    await running.create('nodes', { apiVersion: 'v1', kind: 'Node', metadata, spec: {}, status: {} });
  }
});

afterAll(async () => {
  stopping.abort();
  await sender.bus.close();
  await running.stop();
});

async function podOn(nodeName: string, spec: object): Promise<string> {
  const uid = `${nodeName}-${Math.random()}`;
  await running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid.replaceAll('.', '-'), namespace: 'default', uid },
    spec: { nodeName, containers: [{ name: 'c', image: 'i' }], ...spec },
    status: {},
  });
  return uid;
}

async function ask(...uids: string[]) {
  const request = () => sender.bus.request(subjects.request('agent-1', 'find-missing'), JSON.stringify({ uids }), 2000);
  return parseExchange('find-missing', 'reply', await eventually(request)).pods;
}

describe('an agent that asks what its pods wait for', () => {
  const volumes = [
    { name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: 'p' }] } },
    { name: 'w', secret: { secretName: 's' } },
  ];

  it('gets the names of what does not exist, and of keys that are not in what does', async () => {
    const uid = await podOn('own', { volumes });
    expect(await ask(uid)).toEqual([
      {
        uid,
        missing: [
          { kind: 'ConfigMap', name: 'm' },
          { kind: 'ConfigMap', name: 'm' },
          { kind: 'Secret', name: 's' },
        ],
      },
    ]);
    const metadata = (name: string) => ({ name, namespace: 'default' });
    await running.create('configmaps', {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata('m'),
      data: { other: '1' },
    });
    await running.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: metadata('s'), data: {} });
    expect(await ask(uid)).toEqual([{ uid, missing: [{ kind: 'ConfigMap', name: 'm', key: 'k' }] }]);
    await running.change('configmaps', 'default', 'm', (object) => {
      object.binaryData = { k: 'AA==' };
    });
    await eventually(async () => expect(await ask(uid)).toEqual([{ uid, missing: [] }]));
  });

  it('gets no answer about pods of other nodes', async () => {
    const foreign = await podOn('foreign', { volumes });
    const own = await podOn('own', {});
    expect(await ask(foreign, own, 'no-such-uid')).toEqual([{ uid: own, missing: [] }]);
  });
});
