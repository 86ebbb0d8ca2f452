import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { Agent, type RequestOptions, request } from 'node:https';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF, readObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const MAPS = '/api/v1/namespaces/default/configmaps';

describe('an api that stops', () => {
  let backends: Backends;
  let api: RunningApi;
  let agents: Agent[];

  beforeAll(async () => {
    backends = await startBackends();
    api = await startReplica(backends);
    const { ca, cert, key } = api.server;
    agents = Array.from({ length: 4 }, () => new Agent({ keepAlive: true, maxSockets: 1, ca, cert, key }));
  });
  afterAll(async () => {
    for (const agent of agents) agent.destroy();
    await backends.stop();
  });

  /** Over the one connection of an agent. */
  const send = (agent: number, path: string, options: RequestOptions = {}): ClientRequest =>
    request(api.server.url + path, { agent: agents[agent], ...options });
  const answerOf = async (sent: ClientRequest): Promise<IncomingMessage> => {
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    return answer;
  };

  it('ends what it is at, sends who comes over an open connection elsewhere, and then is gone', async () => {
    for (const agent of [0, 1, 2]) (await answerOf(send(agent, '/version').end())).resume();
    const body = JSON.stringify({ metadata: { name: 'under-way' } });
    const underWay = send(3, MAPS, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': body.length, expect: '100-continue' },
    });
    underWay.flushHeaders();
    await once(underWay, 'continue');
    const watch = api.watch(`${MAPS}?watch=1&resourceVersion=0`);

    const closed = api.close();
    const refused = await answerOf(send(0, '/api/v1/nodes').end());
    expect([refused.statusCode, refused.headers['retry-after'], refused.headers.connection]).toEqual([
      503,
      '1',
      'close',
    ]);
    expect(await json(refused)).toMatchObject({
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'ServiceUnavailable',
      code: 503,
      details: { retryAfterSeconds: 1 },
    });
    const inProtobuf = await answerOf(send(1, MAPS, { headers: { accept: PROTOBUF } }).end());
    expect(readObject(Buffer.concat(await inProtobuf.toArray()))).toMatchObject({ reason: 'ServiceUnavailable' });
    const health = await answerOf(send(2, '/readyz/shutdown').end());
    expect([health.statusCode, health.headers.connection]).toEqual([503, 'close']);
    health.resume();
    await watch.ended;

    underWay.end(body);
    const made = await answerOf(underWay);
    expect([made.statusCode, made.headers.connection]).toEqual([201, 'close']);
    made.resume();
    await closed;
    await expect(answerOf(send(0, '/version').end())).rejects.toThrow('ECONNREFUSED');
  });
});
