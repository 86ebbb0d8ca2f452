import { Latencies } from '../latencies.js';

const TICK_MS = 1;

/**
 * Starts `request` this many times a second, whether earlier ones are done or not, until the returned function is
 * called or the signal aborts. Times count from the moment at which a request was due: a server that stalls delays all
 * requests that are due meanwhile, and those delays are its own.
 */
export function paceRequests(
  perSecond: number,
  signal: AbortSignal,
  request: (index: number) => Promise<unknown>,
): () => Promise<Latencies> {
  const latencies = new Latencies();
  const underway = new Set<Promise<void>>();
  const began = performance.now();
  let started = 0;
  let failed: unknown;
  const one = (index: number, due: number): void => {
    const done: Promise<void> = request(index)
      .then(
        () => latencies.add(performance.now() - due),
        (error: unknown) => {
          failed ??= error;
        },
      )
      .finally(() => underway.delete(done));
    underway.add(done);
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) * perSecond) / 1000);
    for (; started < due && failed === undefined; started += 1) one(started, began + (started * 1000) / perSecond);
  }, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return async () => {
    clearInterval(timer);
    await Promise.all(underway);
    if (failed !== undefined) throw failed;
    return latencies;
  };
}
