import closeWithGrace from 'close-with-grace';
import type { Registry } from 'prom-client';
import { createMetrics, HealthServer } from './health.js';
import { createLogger, type Logger } from './log.js';
import { Readiness } from './readiness.js';
import { leaveSupervisor } from './supervisor.js';

/** What the shell gives a service. */
export interface ServiceContext {
  log: Logger;
  metrics: Registry;
  readiness: Readiness;
  /** Aborts when the service is told to stop. */
  signal: AbortSignal;
  /** Runs `close` when the service stops; last added, first closed. */
  onClose(close: () => Promise<void>): void;
}

/** What a service's main program gets. */
export interface ShellContext extends ServiceContext {
  /** Answers a GET of `path` on the health port with what `read` returns, as JSON. */
  show(path: string, read: () => unknown): void;
  /**
   * Runs `settle` when the service is told to stop, before `signal` aborts: for what has just been accepted. `isAsked`
   * where a signal asks for it, and neither an error nor the loss of the supervisor.
   */
  beforeStop(settle: (isAsked: boolean) => Promise<void>): void;
}

export interface ServiceOptions {
  service: string;
  replica: string;
  logLevel: string;
  healthPort: number;
  healthHost: string;
  /** How long closing may take before the process ends anyway, in ms. */
  closeDeadlineMs?: number;
}

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/**
 * One Ctrl-C may bring two signals: that of the terminal, and that of npm, which passes its own on. Until so long after
 * the stop has begun, in ms, a signal asks for the same stop; a later one ends the process at once.
 */
const SAME_STOP_MS = 1000;

/**
 * Starts a service: logger, metrics, health port, and a stop that is the same everywhere. SIGTERM, SIGINT, the loss of
 * the parent's IPC channel and an uncaught error all close what was opened, in reverse order, and end the process. A
 * parent with an IPC channel hears first that the service stops, and sends it no more connections.
 */
export async function runService(
  options: ServiceOptions,
  start: (context: ShellContext) => Promise<void>,
): Promise<void> {
  const log = createLogger({ service: options.service, replica: options.replica, level: options.logLevel });
  const metrics = createMetrics();
  const readiness = new Readiness();
  const stopping = new AbortController();
  const settling: ((isAsked: boolean) => Promise<void>)[] = [];
  const closers: (() => Promise<void>)[] = [];

  let begunMs: number | undefined;
  let asked: NodeJS.Signals | undefined;
  const delay = options.closeDeadlineMs ?? 10_000;
  const grace = closeWithGrace({ delay, logger: false, skip: [...STOP_SIGNALS] }, async ({ signal = asked, err }) => {
    begunMs = performance.now();
    if (err) log.error({ err }, 'stopping after an error');
    else log.info({ signal }, 'stopping');
    await leaveSupervisor();
    await Promise.all(settling.map((settle) => settle(signal !== undefined)));
    stopping.abort();
    for (const close of closers.reverse()) {
      await close().catch((error: unknown) => log.error({ err: error }, 'closing failed'));
    }
    log.info('stopped');
  });
  const onSignal = (signal: NodeJS.Signals) => {
    if (begunMs === undefined) {
      asked = signal;
      grace.close();
    } else if (performance.now() - begunMs > SAME_STOP_MS) process.exit(1);
  };
  for (const name of STOP_SIGNALS) process.on(name, onSignal);
  // A child that outlives its supervisor would be an orphan that nothing stops.
  process.once('disconnect', () => {
    log.info('the supervisor is gone');
    if (begunMs === undefined) grace.close();
  });

  const health = new HealthServer(readiness, metrics);
  const port = await health.listen(options.healthPort, options.healthHost);
  closers.push(() => health.close());
  log.info({ healthPort: port }, 'starting');
  readiness.follow();
  let started = false;
  readiness.add('start', () => (started ? undefined : 'still starting'));
  await start({
    log,
    metrics,
    readiness,
    signal: stopping.signal,
    show: (path, read) => health.show(path, read),
    beforeStop: (settle) => settling.push(settle),
    onClose: (close) => closers.push(close),
  });
  started = true;
  process.send?.({ type: 'started', healthPort: port });
  log.info('started');
}
