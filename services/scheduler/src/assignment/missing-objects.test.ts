import { parseExchange } from '@everynode/contract';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskingAgent } from '../../fixtures/asking-agent.js';

let agent: AskingAgent;

beforeAll(async () => {
  agent = await AskingAgent.begin();
});

afterAll(() => agent.stop());

const ask = async (...uids: string[]) =>
  parseExchange('find-missing', 'reply', await agent.ask('find-missing', { uids })).pods;

describe('an agent that asks what its pods wait for', () => {
  const volumes = [
    { name: 'v', configMap: { name: 'm', items: [{ key: 'k', path: 'p' }] } },
    { name: 'w', secret: { secretName: 's' } },
  ];

  it('gets the names of what does not exist, and of keys that are not in what does', async () => {
    const uid = await agent.podOn('own', { volumes });
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
    await agent.store('ConfigMap', 'm', { other: '1' });
    await agent.store('Secret', 's', {});
    expect(await ask(uid)).toEqual([{ uid, missing: [{ kind: 'ConfigMap', name: 'm', key: 'k' }] }]);
    await agent.running.change('configmaps', 'default', 'm', (object) => {
      object.binaryData = { k: 'AA==' };
    });
    await eventually(async () => expect(await ask(uid)).toEqual([{ uid, missing: [] }]));
  });

  it('gets no answer about pods of other nodes', async () => {
    const foreign = await agent.podOn('foreign', { volumes });
    const own = await agent.podOn('own', {});
    expect(await ask(foreign, own, 'no-such-uid')).toEqual([{ uid: own, missing: [] }]);
  });
});
