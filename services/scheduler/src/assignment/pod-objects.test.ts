import { type FetchObjectsRequest, parseExchange } from '@everynode/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskingAgent } from '../../fixtures/asking-agent.js';

let agent: AskingAgent;

beforeAll(async () => {
  agent = await AskingAgent.begin();
  await agent.store('ConfigMap', 'named', { color: 'green' });
  await agent.store('ConfigMap', 'unnamed', { color: 'red' });
  await agent.store('ConfigMap', 'long', { text: 'ä"'.repeat(200_000) });
  await agent.store('Secret', 'secret', { key: 'c2VjcmV0' });
});

afterAll(() => agent.stop());

const volumes = [
  { name: 'a', configMap: { name: 'named', optional: true } },
  { name: 'b', secret: { secretName: 'secret' } },
  { name: 'c', configMap: { name: 'long' } },
  { name: 'd', configMap: { name: 'absent', optional: true } },
];

const ask = async (...objects: FetchObjectsRequest['objects']) =>
  parseExchange('fetch-objects', 'reply', await agent.ask('fetch-objects', { objects })).objects;

describe('an agent that asks what is in the objects of its pods', () => {
  it('gets the content of those that a pod of its own names, and not again what it knows', async () => {
    const uid = await agent.podOn('own', { volumes });
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
    const uid = await agent.podOn('own', { volumes });
    const foreign = await agent.podOn('foreign', { volumes });
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
    const uid = await agent.podOn('own', { volumes });
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
