import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.js';
import { signalIfThere } from '../cluster/signals.js';
import { type Fault, nothingToHeal } from './fault.js';
import { inLoop } from './in-loop.js';

const EVERY_MS = 100;

const TERMINATE = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'everynode:%'";

const backends: Fault = {
  name: 'backends-terminated',
  about: 'pg_terminate_backend of every session, again and again',
  holdMs: [5000],
  isDefault: true,
  isShort: true,
  touches: ['postgres'],
  async inject({ cluster }) {
    return { target: 'postgres', ...inLoop(async () => (await cluster.sql(TERMINATE)).length > 0, EVERY_MS) };
  },
};

const postmaster: Fault = {
  name: 'kill-postmaster',
  about: 'kill -9 of the postmaster',
  holdMs: [0],
  isDefault: true,
  isShort: true,
  touches: ['postgres'],
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
  touches: ['postgres'],
  async inject({ cluster }) {
    const kill = () => cluster.signal('postgres', 'SIGKILL');
    return { target: 'postgres', ...inLoop(kill, 3200) };
  },
};

const restart: Fault = {
  name: 'postgres-restart',
  about: 'a fast shutdown of Postgres, and a start',
  holdMs: [0],
  isDefault: true,
  isShort: true,
  touches: ['postgres'],
  async inject({ cluster }) {
    await cluster.signal('postgres', 'SIGINT');
    return { target: 'postgres', heal: nothingToHeal };
  },
};

/** Backends of the writers: those that hold or wait for a lock, or wrote last. */
const WRITERS_WITHIN_MS = 3000;
const WRITERS =
  "select pid from pg_stat_activity where application_name like 'everynode:%' and (state <> 'idle' or query ilike 'commit%')";

/** Asked until there is one. @throws Error after {@link WRITERS_WITHIN_MS}. */
async function writers(cluster: Cluster): Promise<{ pid: number }[]> {
  for (const until = performance.now() + WRITERS_WITHIN_MS; ; await delay(EVERY_MS)) {
    const rows = await cluster.sql<{ pid: number }>(WRITERS);
    if (rows.length > 0) return rows;
    if (performance.now() > until) throw new Error('no session has written');
  }
}

const writerStopped: Fault = {
  name: 'stop-writer-backends',
  about: "SIGSTOP of the Postgres processes of the services' writing sessions",
  holdMs: [8000, 20_000],
  isDefault: true,
  isShort: true,
  touches: ['postgres'],
  async inject({ cluster }) {
    const rows = await writers(cluster);
    for (const { pid } of rows) signalIfThere(pid, 'SIGSTOP');
    return {
      target: `${rows.length} backends`,
      heal: () => {
        for (const { pid } of rows) signalIfThere(pid, 'SIGCONT');
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
  touches: ['postgres'],
  async inject({ cluster }) {
    const rows = await cluster.sql<{ pid: number }>('select pid from pg_stat_activity');
    const pids = [await cluster.pidOf('postgres'), ...rows.map(({ pid }) => pid)];
    for (const pid of pids) signalIfThere(pid, 'SIGSTOP');
    return {
      target: 'postgres',
      heal: () => {
        for (const pid of pids) signalIfThere(pid, 'SIGCONT');
        return Promise.resolve();
      },
    };
  },
};

const gone: Fault = {
  name: 'postgres-gone',
  about: 'the postmaster is killed as often as it is started',
  holdMs: [15_000, 60_000],
  isDefault: true,
  isShort: false,
  touches: ['postgres'],
  async inject({ cluster }) {
    return { target: 'postgres', ...inLoop(() => cluster.signal('postgres', 'SIGKILL'), EVERY_MS) };
  },
};

/** Rows that stay: what the tail of the harness has not read, and a little more. */
const KEPT_ROWS = 10;

const compacted: Fault = {
  name: 'journal-compacted',
  about: 'the journal is compacted down to its last rows, again and again, under watchers that come back',
  holdMs: [5000],
  isDefault: true,
  isShort: true,
  touches: ['postgres'],
  async inject({ cluster, tail, onCompacted }) {
    const compact = async (): Promise<boolean> => {
      await tail.read();
      const floor = tail.revision - KEPT_ROWS;
      if (floor <= 0) return false;
      await cluster.sql('update revision_counter set compacted = $1 where compacted < $1', [floor]);
      await cluster.sql('delete from journal where revision <= $1', [floor]);
      onCompacted(floor);
      return true;
    };
    return { target: 'journal', ...inLoop(compact, 500) };
  },
};

export const postgresFaults: readonly Fault[] = [
  gone,
  compacted,
  backends,
  postmaster,
  crashes,
  restart,
  writerStopped,
  allStopped,
];
