import { eventually, testLog } from '@everynode/test-kit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ProxiedStore, startProxiedStore } from '../fixtures/proxied-store.js';
import { leadRelay } from './relay-leader.js';

/** How soon another replica leads after the holder of the lock hangs, in ms. */
const PROMISED_MS = 8000;

const log = testLog();
let proxied: ProxiedStore;
const stopping = new AbortController();
const running: Promise<void>[] = [];

beforeAll(async () => {
  proxied = await startProxiedStore();
});

afterAll(async () => {
  stopping.abort();
  proxied.proxy.set({ name: 'pass' });
  await Promise.all(running);
  await proxied.stop();
});

/** A replica that leads until it loses the lock, or until `resign` is called. */
function replica(url: string) {
  const state: { leads: boolean; resign: () => void } = { leads: false, resign: () => undefined };
  const lead = leadRelay(url, log, stopping.signal, async ({ signal }) => {
    state.leads = true;
    await new Promise<void>((resolve) => {
      state.resign = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    state.leads = false;
  });
  running.push(lead);
  return state;
}

it('passes to another replica when its holder hangs, and when its holder gives it up', async () => {
  const { proxy } = proxied;
  const hanging = replica(proxied.url);
  await eventually(() => expect(hanging.leads).toBe(true));
  const other = replica(proxied.directUrl);
  proxy.set({ name: 'stall' });
  await eventually(() => expect(other.leads).toBe(true), PROMISED_MS);
  // The holder has noticed by itself, within the time of an answer.
  await eventually(() => expect(hanging.leads).toBe(false), PROMISED_MS);
  proxy.set({ name: 'pass' });
  other.resign();
  await eventually(() => expect(hanging.leads).toBe(true));
  expect(other.leads).toBe(false);
}, 30_000);
