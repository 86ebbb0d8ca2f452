import type { Cluster } from '../cluster/cluster.js';
import { SESSIONS } from '../cluster/routes.js';
import type { SeededRandom } from '../run/random.js';
import { type Fault, type FaultContext, nothingToHeal } from './fault.js';
import { signalIfThere } from './signals.js';

/** A kind of process that a fault is aimed at, and how one of them is found. */
const VICTIMS: Record<string, (context: FaultContext) => Promise<string>> = {
  api: ({ cluster, random }) => oneOf(cluster, 'api-', random),
  scheduler: ({ cluster, random }) => oneOf(cluster, 'scheduler-', random),
  agent: ({ cluster, random }) => oneOf(cluster, 'agent-', random),
  relay: ({ cluster }) => relayHolder(cluster),
  nats: () => Promise.resolve('nats'),
};

async function namesOf(cluster: Cluster, prefix: string): Promise<string[]> {
  return (await cluster.services()).map(({ name }) => name).filter((name) => name.startsWith(prefix));
}

export async function oneOf(cluster: Cluster, prefix: string, random: SeededRandom): Promise<string> {
  return random.pick(await namesOf(cluster, prefix));
}

/** The scheduler whose session holds an advisory lock: the relay's. */
async function relayHolder(cluster: Cluster): Promise<string> {
  const [row] = await cluster.sql<{ name: string }>(
    "select application_name as name from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory' and granted",
  );
  return row?.name.slice(SESSIONS.length) ?? 'scheduler-1';
}

function signalFault(verb: string, signal: NodeJS.Signals, victim: string, about: string): Fault {
  return {
    name: `${verb}-${victim}`,
    about,
    holdMs: [0],
    isDefault: true,
    isShort: true,
    async inject(context) {
      const target = (await VICTIMS[victim]?.(context)) ?? victim;
      await context.cluster.signal(target, signal);
      return { target, down: [target], heal: nothingToHeal };
    },
  };
}

function stopFault(victim: string): Fault {
  return {
    name: `stop-${victim}`,
    about: `SIGSTOP of ${victim}, and SIGCONT later`,
    holdMs: [1000, 20_000, 90_000],
    isDefault: true,
    isShort: true,
    async inject(context) {
      const target = (await VICTIMS[victim]?.(context)) ?? victim;
      const pid = await context.cluster.pidOf(target);
      process.kill(pid, 'SIGSTOP');
      return { target, down: [target], heal: () => Promise.resolve(signalIfThere(pid, 'SIGCONT')) };
    },
  };
}

function killAll(prefix: string): Fault {
  return {
    name: `kill-all-${prefix}s`,
    about: `kill -9 of every ${prefix} at once`,
    holdMs: [0],
    isDefault: true,
    isShort: true,
    async inject({ cluster }) {
      const names = await namesOf(cluster, `${prefix}-`);
      const pids = await Promise.all(names.map((name) => cluster.pidOf(name)));
      for (const pid of pids) process.kill(pid, 'SIGKILL');
      return { target: names.join(' '), down: names, heal: nothingToHeal };
    },
  };
}

const supervisor: Fault = {
  name: 'kill-supervisor',
  about: 'kill -9 of the supervisor, which ends everything, and a start on the state that is there',
  holdMs: [1000],
  isDefault: true,
  isShort: false,
  async inject({ cluster }) {
    await cluster.killSupervisor();
    return { target: 'supervisor', down: ['supervisor'], heal: () => cluster.restart() };
  },
};

const supervisorEnds: Fault = {
  name: 'end-supervisor',
  about: 'an orderly stop of the supervisor and everything, and a start on the state that is there',
  holdMs: [1000],
  isDefault: true,
  isShort: false,
  async inject({ cluster }) {
    await cluster.endSupervisor();
    return { target: 'supervisor', down: ['supervisor'], heal: () => cluster.restart() };
  },
};

const supervisorStops: Fault = {
  name: 'stop-supervisor',
  about: 'SIGSTOP of the supervisor, whose front door then accepts no connection, and SIGCONT later',
  holdMs: [1000, 20_000],
  isDefault: true,
  isShort: true,
  inject({ cluster }) {
    const pid = cluster.supervisorPid;
    process.kill(pid, 'SIGSTOP');
    const heal = () => Promise.resolve(signalIfThere(pid, 'SIGCONT'));
    return Promise.resolve({ target: 'supervisor', down: ['supervisor'], heal });
  },
};

export const processFaults: readonly Fault[] = [
  ...['api', 'scheduler', 'relay', 'agent', 'nats'].map((victim) =>
    signalFault('kill', 'SIGKILL', victim, `kill -9 of ${victim}`),
  ),
  ...['api', 'scheduler', 'relay', 'agent'].map((victim) =>
    signalFault('end', 'SIGTERM', victim, `SIGTERM of ${victim}: an orderly stop, and a start`),
  ),
  ...['api', 'scheduler', 'relay', 'agent', 'nats'].map(stopFault),
  killAll('api'),
  killAll('scheduler'),
  killAll('agent'),
  supervisor,
  supervisorEnds,
  supervisorStops,
];
