import { setTimeout as delay } from 'node:timers/promises';
import { type Fault, nothingToHeal } from './fault.js';

const EVERY_MS = 100;

/** Runs `turn` in a loop until the returned function is called. A turn that fails is followed by the next. */
function inLoop(turn: () => Promise<unknown>, everyMs: number): () => Promise<void> {
  const stopped = new AbortController();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      await turn().catch(() => undefined);
      await delay(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopped.abort();
    await running;
  };
}

const TERMINATE = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'everynode:%'";

const backends: Fault = {
  name: 'backends-terminated',
  about: 'pg_terminate_backend of every session, again and again',
  holdMs: [5000],
  isDefault: true,
  isShort: true,
  async inject({ cluster }) {
    return { target: 'postgres', heal: inLoop(() => cluster.sql(TERMINATE), EVERY_MS) };
  },
};

const postmaster: Fault = {
  name: 'kill-postmaster',
  about: 'kill -9 of the postmaster',
  holdMs: [0],
  isDefault: true,
  isShort: true,
  async inject({ cluster }) {
    await cluster.signal('postgres', 'SIGKILL');
    return { target: 'postgres', heal: nothingToHeal };
  },
};

const crashes: Fault = {
  name: 'postmaster-crashes',
  about: 'kill -9 of the postmaster five times, about three seconds apart',
  holdMs: [17_000],
  isDefault: true,
  isShort: false,
  async inject({ cluster }) {
    const kill = () => cluster.signal('postgres', 'SIGKILL');
    return { target: 'postgres', heal: inLoop(kill, 3200) };
  },
};

const restart: Fault = {
  name: 'postgres-restart',
  about: 'a fast shutdown of Postgres, and a start',
  holdMs: [0],
  isDefault: true,
  isShort: true,
  async inject({ cluster }) {
    await cluster.signal('postgres', 'SIGINT');
    return { target: 'postgres', heal: nothingToHeal };
  },
};

/** Backends of the writers: those that hold or wait for a lock, or wrote last. */
const WRITERS =
  "select pid from pg_stat_activity where application_name like 'everynode:%' and (state <> 'idle' or query ilike 'commit%')";

const writerStopped: Fault = {
  name: 'stop-writer-backends',
  about: "SIGSTOP of the Postgres processes of the services' writing sessions",
  holdMs: [8000, 20_000],
  isDefault: true,
  isShort: true,
  async inject({ cluster }) {
    const rows = await cluster.sql<{ pid: number }>(WRITERS);
    for (const { pid } of rows) process.kill(pid, 'SIGSTOP');
    return {
      target: `${rows.length} backends`,
      heal: () => {
        for (const { pid } of rows) continueIfThere(pid);
        return Promise.resolve();
      },
    };
  },
};

const allStopped: Fault = {
  name: 'stop-postgres',
  about: 'SIGSTOP of every process of Postgres',
  holdMs: [6000, 20_000, 90_000],
  isDefault: true,
  isShort: false,
  async inject({ cluster }) {
    const rows = await cluster.sql<{ pid: number }>('select pid from pg_stat_activity');
    const pids = [await cluster.pidOf('postgres'), ...rows.map(({ pid }) => pid)];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    return {
      target: 'postgres',
      heal: () => {
        for (const pid of pids) continueIfThere(pid);
        return Promise.resolve();
      },
    };
  },
};

function continueIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export const postgresFaults: readonly Fault[] = [backends, postmaster, crashes, restart, writerStopped, allStopped];
