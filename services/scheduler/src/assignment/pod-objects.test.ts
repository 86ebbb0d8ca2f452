import { type FetchObjectsRequest, parseExchange, subjects } from '@everynode/contract';
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
  const metadata = (name: string) => ({ name, namespace: 'default' });
  const map = (name: string, data: object) =>
    running.create('configmaps', { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name), data });
  await map('named', { color: 'green' });
  await map('unnamed', { color: 'red' });
  await map('long', { text: 'ä"'.repeat(200_000) });
  await running.create('secrets', {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: metadata('secret'),
    data: { key: 'c2VjcmV0' },
  });
});

afterAll(async () => {
  stopping.abort();
  await sender.bus.close();
  await running.stop();
});

const VOLUMES = [
  { name: 'a', configMap: { name: 'named', optional: true } },
  { name: 'b', secret: { secretName: 'secret' } },
  { name: 'c', configMap: { name: 'long' } },
  { name: 'd', configMap: { name: 'absent', optional: true } },
];

async function podOn(nodeName: string): Promise<string> {
  const uid = `${nodeName}-${Math.random()}`;
  await running.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: uid.replaceAll('.', '-'), namespace: 'default', uid },
    spec: { nodeName, containers: [{ name: 'c', image: 'i' }], volumes: VOLUMES },
    status: {},
  });
  return uid;
}

async function ask(...objects: FetchObjectsRequest['objects']) {
  const request = () =>
    sender.bus.request(subjects.request('agent-1', 'fetch-objects'), JSON.stringify({ objects }), 2000);
  return parseExchange('fetch-objects', 'reply', await eventually(request)).objects;
}

describe('an agent that asks what is in the objects of its pods', () => {
  it('gets the content of those that a pod of its own names, and not again what it knows', async () => {
    const uid = await podOn('own');
    const [map, secret, absent] = await ask(
      { uid, kind: 'ConfigMap', name: 'named' },
      { uid, kind: 'Secret', name: 'secret' },
      { uid, kind: 'ConfigMap', name: 'absent' },
    );
    expect(JSON.parse(map?.text ?? '')).toEqual({ data: { color: 'green' } });
    expect(JSON.parse(secret?.text ?? '')).toEqual({ data: { key: 'c2VjcmV0' } });
    expect(absent).toEqual({});
    const known = map?.revision ?? 0;
    expect(await ask({ uid, kind: 'ConfigMap', name: 'named', known })).toEqual([{ revision: known }]);
  });

  it('gets nothing of what its pods do not name, nor for pods of other nodes', async () => {
    const uid = await podOn('own');
    const foreign = await podOn('foreign');
    expect(
      await ask(
        { uid, kind: 'ConfigMap', name: 'unnamed' },
        { uid, kind: 'Secret', name: 'named' },
        { uid: foreign, kind: 'Secret', name: 'secret' },
        { uid: 'no-such-uid', kind: 'Secret', name: 'secret' },
      ),
    ).toEqual([{}, {}, {}, {}]);
  });

  it('gets in parts what is too long for one answer, which leaves out what does not fit', async () => {
    const uid = await podOn('own');
    const long = { uid, kind: 'ConfigMap', name: 'long' } as const;
    const answers = await ask(long, { uid, kind: 'Secret', name: 'secret' });
    expect(answers).toHaveLength(1);
    let [answer] = answers;
    let text = answer?.text ?? '';
    const { revision = 0, size = 0 } = answer ?? {};
    while (text.length < size) {
      [answer] = await ask({ ...long, from: text.length, of: revision });
      expect(answer?.from).toBe(text.length);
      text += answer?.text ?? '';
    }
    expect(JSON.parse(text)).toEqual({ data: { text: 'ä"'.repeat(200_000) } });
  });
});
