import { eventually, TcpProxy } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const MAPS = '/api/v1/namespaces/default/configmaps';

let backends: Backends;
let proxy: TcpProxy;
/** Starts while the bus is away. */
let api: RunningApi;
/** Writes what `api` has to find out. */
let other: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: backends.nats.port });
  proxy.set({ name: 'refuse' });
  const natsUrl = `nats://127.0.0.1:${proxy.port}`;
  api = await startReplica(backends, { natsUrl });
  other = await startReplica(backends, { natsUrl });
});

afterAll(async () => {
  await api.close();
  await other.close();
  await proxy.close();
  await backends.stop();
});

const write = (name: string) => other.request('POST', MAPS, { body: { metadata: { name } } });
const namesIn = async (replica: RunningApi): Promise<string[]> =>
  (await replica.request('GET', MAPS)).json.items.map((map: { metadata: { name: string } }) => map.metadata.name);
const natsLine = () => api.readiness.report().lines.find((line) => line.includes(']nats'));

/** An api reads, writes and watches while it has no bus, and says so. */
async function servesWithoutBus(name: string): Promise<void> {
  const watch = api.watch(`${MAPS}?watch=1&fieldSelector=metadata.name=${name}`);
  expect((await write(name)).status).toBe(201);
  expect(await namesIn(api)).toContain(name);
  await eventually(() => expect(watch.events.map(({ object }) => object.metadata.name)).toEqual([name]), 3000);
  watch.close();
  await eventually(() => expect(natsLine()).toMatch(/^\[!\]nats degraded: not connected/));
  expect(api.readiness.report().ready).toBe(true);
}

describe('an api without the bus', () => {
  it('starts, serves reads, writes and watches, and stays ready', () => servesWithoutBus('from-the-start'));

  it('uses the bus when it comes', async () => {
    proxy.set({ name: 'pass' });
    await eventually(() => expect(natsLine()).toBe('[+]nats ok'));
    await eventually(() => expect(other.bus.trouble).toBeUndefined());
  });

  it('serves on when the bus goes', async () => {
    proxy.set({ name: 'refuse' });
    proxy.cut();
    await servesWithoutBus('later');
  });

  it('serves on when the bus hangs, and says so within five seconds', async () => {
    proxy.set({ name: 'pass' });
    await eventually(() => expect(natsLine()).toBe('[+]nats ok'));
    await eventually(() => expect(other.bus.trouble).toBeUndefined());
    proxy.set({ name: 'stall' });
    await eventually(() => expect(natsLine()).toMatch(/^\[!\]nats degraded: JetStream does not answer/), 5000);
    await servesWithoutBus('hanging');
    proxy.set({ name: 'pass' });
    await eventually(() => expect(natsLine()).toBe('[+]nats ok'), 5000);
  });
});
