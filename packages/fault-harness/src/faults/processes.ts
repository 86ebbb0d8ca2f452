import type { Cluster } from '../cluster/cluster.js';
import { SESSIONS } from '../cluster/routes.js';
import { signalIfThere } from '../cluster/signals.js';
import { now } from '../record/clock.js';
import type { SeededRandom } from '../run/random.js';
import { type Fault, type FaultContext, nothingToHeal, PARTS, type Part } from './fault.js';

const VICTIM_KINDS = ['api', 'scheduler', 'relay', 'agent', 'nats'] as const;
type Victim = (typeof VICTIM_KINDS)[number];

/** A kind of process that a fault is aimed at, and how one of them is found. */
const VICTIMS: Record<Victim, (context: FaultContext) => Promise<string>> = {
  api: ({ cluster, random }) => oneOf(cluster, 'api-', random),
  scheduler: ({ cluster, random }) => oneOf(cluster, 'scheduler-', random),
  agent: ({ cluster, random }) => oneOf(cluster, 'agent-', random),
  relay: ({ cluster }) => relayHolder(cluster),
  nats: () => Promise.resolve('nats'),
};

/** Postgres tells which scheduler is the relay. */
const touchedBy = (victim: Victim): Part[] => (victim === 'relay' ? ['scheduler', 'postgres'] : [victim]);

export async function namesOf(cluster: Cluster, prefix: string): Promise<string[]> {
  return (await cluster.services()).map(({ name }) => name).filter((name) => name.startsWith(prefix));
}

export async function oneOf(cluster: Cluster, prefix: string, random: SeededRandom): Promise<string> {
  return random.pick(await namesOf(cluster, prefix));
}

/** The scheduler whose session holds an advisory lock: the relay's. @throws Error when there is none. */
async function relayHolder(cluster: Cluster): Promise<string> {
  const [row] = await cluster.sql<{ name: string }>(
    "select application_name as name from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory' and granted",
  );
  if (row === undefined) throw new Error('no scheduler is the relay now');
  return row.name.slice(SESSIONS.length);
}

function signalFault(verb: string, signal: NodeJS.Signals, victim: Victim, about: string): Fault {
  return {
    name: `${verb}-${victim}`,
    about,
    holdMs: [0],
    isDefault: true,
    isShort: true,
    touches: touchedBy(victim),
    async inject(context) {
      const target = await VICTIMS[victim](context);
      await context.cluster.signal(target, signal);
      return { target, down: [target], heal: nothingToHeal };
    },
  };
}

function stopFault(victim: Victim): Fault {
  return {
    name: `stop-${victim}`,
    about: `SIGSTOP of ${victim}, and SIGCONT later`,
    holdMs: [1000, 20_000, 90_000],
    isDefault: true,
    isShort: true,
    touches: touchedBy(victim),
    async inject(context) {
      const target = await VICTIMS[victim](context);
      const pid = await context.cluster.pidOf(target);
      process.kill(pid, 'SIGSTOP');
      return { target, down: [target], heal: () => Promise.resolve(signalIfThere(pid, 'SIGCONT')) };
    },
  };
}

function killAll(prefix: 'api' | 'scheduler' | 'agent'): Fault {
  return {
    name: `kill-all-${prefix}s`,
    about: `kill -9 of every ${prefix} at once`,
    holdMs: [0],
    isDefault: true,
    isShort: true,
    touches: [prefix],
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
  touches: PARTS,
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
  touches: PARTS,
  async inject({ cluster }) {
    await cluster.endSupervisor();
    return { target: 'supervisor', down: ['supervisor'], heal: () => cluster.restart() };
  },
};

const supervisorStops: Fault = {
  name: 'stop-supervisor',
  about: 'SIGSTOP of the supervisor, whose front door then accepts no connection, and SIGCONT later',
  holdMs: [1000, 20_000, 90_000],
  isDefault: true,
  isShort: true,
  touches: PARTS,
  inject({ cluster }) {
    const pid = cluster.supervisorPid;
    process.kill(pid, 'SIGSTOP');
    const heal = () => Promise.resolve(signalIfThere(pid, 'SIGCONT'));
    return Promise.resolve({ target: 'supervisor', down: ['supervisor'], heal });
  },
};

/** Caches are as old as the silence of the bus, and the shards change hands. */
const endsOnOldCaches: Fault = {
  name: 'end-scheduler-on-old-caches',
  about: 'NATS is stopped for some seconds, and then a scheduler ends: the new owner of its shards has old caches',
  holdMs: [4500],
  isDefault: true,
  isShort: true,
  touches: ['scheduler', 'nats'],
  needsEdits: true,
  async inject({ cluster, random, holdMs }) {
    const target = await oneOf(cluster, 'scheduler-', random);
    const nats = await cluster.pidOf('nats');
    process.kill(nats, 'SIGSTOP');
    const strikes: number[] = [];
    const end = async (): Promise<void> => {
      await cluster.signal(target, 'SIGTERM');
      strikes.push(now());
    };
    // A scheduler that does not run cannot be ended: then the fault has not struck, and the run fails.
    const timer = setTimeout(() => void end().catch(() => undefined), random.between(3000, holdMs));
    const heal = (): Promise<void> => {
      clearTimeout(timer);
      signalIfThere(nats, 'SIGCONT');
      return Promise.resolve();
    };
    return { target, down: [target], strikes, heal };
  },
};

export const processFaults: readonly Fault[] = [
  ...VICTIM_KINDS.map((victim) => signalFault('kill', 'SIGKILL', victim, `kill -9 of ${victim}`)),
  ...VICTIM_KINDS.filter((victim) => victim !== 'nats').map((victim) =>
    signalFault('end', 'SIGTERM', victim, `SIGTERM of ${victim}: an orderly stop, and a start`),
  ),
  ...VICTIM_KINDS.map(stopFault),
  endsOnOldCaches,
  killAll('api'),
  killAll('scheduler'),
  killAll('agent'),
  supervisor,
  supervisorEnds,
  supervisorStops,
];
