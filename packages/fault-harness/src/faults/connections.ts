import type { TcpProxy } from '@everynode/test-kit';
import type { Cluster } from '../cluster/cluster.js';
import { hasCommitReply } from '../cluster/postgres-replies.js';
import { now } from '../record/clock.js';
import { type Fault, type FaultContext, nothingToHeal } from './fault.js';
import { oneOf } from './processes.js';

type Server = 'postgres' | 'nats';

/** What a connection's fault is aimed at: one process of a kind, or all. */
const AIMS = { api: 'api-', scheduler: 'scheduler-', agent: 'agent-', all: '' } as const;
type Aim = keyof typeof AIMS;

async function aimed({ cluster, random }: FaultContext, aim: Aim): Promise<string> {
  return aim === 'all' ? '' : await oneOf(cluster, AIMS[aim], random);
}

function proxiesOf(cluster: Cluster, server: Server, prefix: string): TcpProxy[] {
  return cluster.routes.all(prefix).flatMap((route) => route[server] ?? []);
}

function pass(proxies: readonly TcpProxy[]): Promise<void> {
  for (const proxy of proxies) proxy.set({ name: 'pass' });
  return Promise.resolve();
}

const nameOf = (target: string): string => (target === '' ? 'all' : target);

function held(server: Server, aim: Aim): Fault {
  return {
    name: `${server}-held-${aim}`,
    about: `half-open: no byte passes between ${aim} and ${server}, and neither end sees it`,
    holdMs: [5000, 20_000, 40_000],
    isDefault: true,
    isShort: aim !== 'all',
    touches: [server],
    async inject(context) {
      const target = await aimed(context, aim);
      const proxies = proxiesOf(context.cluster, server, target);
      for (const proxy of proxies) proxy.set({ name: 'stall' });
      return { target: nameOf(target), heal: () => pass(proxies) };
    },
  };
}

function cut(server: Server): Fault {
  return {
    name: `${server}-cut`,
    about: `every connection to ${server} is reset once`,
    holdMs: [0],
    isDefault: true,
    isShort: true,
    touches: [server],
    async inject({ cluster }) {
      for (const proxy of proxiesOf(cluster, server, '')) proxy.cut();
      return { target: 'all', heal: nothingToHeal };
    },
  };
}

function away(server: Server): Fault {
  return {
    name: `${server}-away`,
    about: `${server} refuses every connection`,
    holdMs: [6000, 20_000, 60_000],
    isDefault: true,
    isShort: true,
    touches: [server],
    async inject({ cluster }) {
      const proxies = proxiesOf(cluster, server, '');
      for (const proxy of proxies) {
        proxy.set({ name: 'refuse' });
        proxy.cut();
      }
      return { target: 'all', heal: () => pass(proxies) };
    },
  };
}

function slow(server: Server): Fault {
  return {
    name: `${server}-slow`,
    about: `every byte to and from ${server} takes 200 ms longer`,
    holdMs: [8000],
    isDefault: true,
    isShort: true,
    touches: [server],
    async inject({ cluster }) {
      const proxies = proxiesOf(cluster, server, '');
      for (const proxy of proxies) proxy.set({ name: 'delay', ms: 200 });
      return { target: 'all', heal: () => pass(proxies) };
    },
  };
}

function repliesLost(aim: 'api' | 'scheduler', share: number): Fault {
  return {
    name: `commit-replies-lost-${aim}`,
    about: `${share * 100}% of the replies to COMMIT never reach the ${aim} replicas, whose connection is cut`,
    holdMs: [8000, 20_000],
    isDefault: true,
    isShort: true,
    touches: ['postgres', 'api', aim],
    needsEdits: aim === 'scheduler',
    async inject({ cluster, random }) {
      const proxies = proxiesOf(cluster, 'postgres', AIMS[aim]);
      const strikes: number[] = [];
      const match = (chunk: Buffer): boolean => {
        const isLost = hasCommitReply(chunk) && random.chance(share);
        if (isLost) strikes.push(now());
        return isLost;
      };
      for (const proxy of proxies) proxy.set({ name: 'swallow', match, afterwards: 'cut' });
      return { target: aim, strikes, heal: () => pass(proxies) };
    },
  };
}

export const connectionFaults: readonly Fault[] = [
  held('postgres', 'api'),
  held('postgres', 'scheduler'),
  held('postgres', 'all'),
  held('nats', 'api'),
  held('nats', 'scheduler'),
  held('nats', 'agent'),
  held('nats', 'all'),
  cut('postgres'),
  cut('nats'),
  away('postgres'),
  away('nats'),
  slow('postgres'),
  slow('nats'),
  repliesLost('api', 0.1),
  repliesLost('scheduler', 0.1),
];
