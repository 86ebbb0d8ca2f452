import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '@everynode/service-shell';
import { type LivenessAnswer, watchUntilItHangs } from './liveness.js';

/** A server starts within a second or two when what kept it from starting is over, so the wait stays below that. */
const BACKOFF = { firstMs: 100, maxMs: 1000 };

/** A running server that reports its end. */
export interface RunningServer {
  exited: Promise<number>;
  /** Asks whether it lives; never rejects. */
  probe(): Promise<LivenessAnswer>;
  stop(): Promise<void>;
  /** Ends a server that does not react, with all its processes. */
  kill(): Promise<void>;
}

/** What a reader of the status learns of a server. */
export interface ServerHealth {
  state: 'running' | 'silent' | 'restarting' | 'stopped';
  /** Since when, as an RFC 3339 time. */
  since: string;
  restarts: number;
  /** Why it ended the last time that it was not asked to. */
  lastExit: { how: string; at: string } | null;
}

/** A server that is started again when it dies or hangs. */
export interface KeptServer<S extends RunningServer> {
  /** The one that runs now, or ran last. */
  readonly current: S;
  readonly health: ServerHealth;
  stop(): Promise<void>;
}

/**
 * Starts a server and keeps it running until `stop`: it is started again when it dies, and killed when it does not
 * answer any more. `start` has to use the same address every time. What happens after the first start goes to `log`.
 * @throws Error of the first start when that fails.
 */
export async function keepRunning<S extends RunningServer>(
  name: string,
  start: (previous: S | undefined) => Promise<S>,
  log: (message: string) => void,
): Promise<KeptServer<S>> {
  let current = await start(undefined);
  const stopping = new AbortController();
  const { signal } = stopping;
  const health: ServerHealth = { state: 'running', since: new Date().toISOString(), restarts: 0, lastExit: null };
  const enter = (state: ServerHealth['state'], at = Date.now()) => {
    health.state = state;
    health.since = new Date(at).toISOString();
  };

  const loop = (async () => {
    for (;;) {
      const how = await untilItEnds(
        name,
        current,
        signal,
        (since) => {
          if (since === undefined) enter('running');
          else enter('silent', since);
        },
        log,
      );
      if (signal.aborted) return;
      health.lastExit = { how, at: new Date().toISOString() };
      enter('restarting');
      log(`${name} ${how}, starting it again`);
      const next = await startAgain(name, () => start(current), signal, log);
      if (next === undefined) return;
      current = next;
      health.restarts += 1;
      enter('running');
      if (signal.aborted) await current.stop();
    }
  })();
  return {
    get current() {
      return current;
    },
    health,
    async stop() {
      stopping.abort();
      await current.stop();
      await loop;
      enter('stopped');
    },
  };
}

/** Resolves with how it ended: by itself, or by force because it hung. */
async function untilItEnds(
  name: string,
  server: RunningServer,
  signal: AbortSignal,
  onSilence: (since: number | undefined) => void,
  log: (message: string) => void,
): Promise<string> {
  const ended = new AbortController();
  const hung = watchUntilItHangs({
    probe: () => server.probe(),
    onSilence: (since) => {
      log(since === undefined ? `${name} answers again` : `${name} does not answer`);
      onSilence(since);
    },
    signal: AbortSignal.any([signal, ended.signal]),
  }).then((hangs) => (hangs ? server.kill().then(() => true) : false));
  const code = await server.exited;
  ended.abort();
  return (await hung) ? 'did not answer for 10 s and was killed' : `ended with code ${code}`;
}

/** The first try is at once. Resolves with undefined when `signal` aborts. */
async function startAgain<S>(
  name: string,
  start: () => Promise<S>,
  signal: AbortSignal,
  log: (message: string) => void,
): Promise<S | undefined> {
  for (let failures = 0; !signal.aborted; ) {
    try {
      return await start();
    } catch (error) {
      failures += 1;
      log(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      await delay(backoffMs(failures, BACKOFF), undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}
