import type { TestClient } from './test-client.js';

/** Sends short requests, one after the other, while `work` runs. Returns the longest that one of them took, in ms. */
export async function withRequestsBeside<T>(
  api: TestClient,
  work: () => Promise<T>,
): Promise<{ answer: T; gapMs: number }> {
  let isRunning = true;
  let gapMs = 0;
  const beside = (async () => {
    while (isRunning) {
      const began = performance.now();
      await api.request('GET', '/version');
      gapMs = Math.max(gapMs, performance.now() - began);
    }
  })();
  const answer = await work();
  isRunning = false;
  await beside;
  return { answer, gapMs };
}
