import type { Bus } from '@everynode/bus';
import type { Reflector } from '@everynode/list-watch';
import type { Store } from '@everynode/store';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { SentKind } from './ingest/agent-limits.js';
import type { Refusal } from './ingest/refusals.js';
import { stuckPods } from './stuck-pods.js';

/** Agents of which metrics show the name; the others are counted together. Only those that break a rule count. */
const NAMED_AGENTS = 1000;
const OTHER_AGENTS = '(others)';

/** The scheduler's own metrics. */
export function schedulerMetrics(
  registry: Registry,
  { store, bus, reflector }: { store: Store; bus: Bus; reflector: Reflector },
): {
  refused: (reason: Refusal, agent: string) => void;
  limited: (agent: string, kind: SentKind, what: 'delayed' | 'dropped') => void;
} {
  const refusals = new Counter({
    name: 'everynode_reports_refused_total',
    help: 'Reports of agents, or items in them, that were not taken.',
    labelNames: ['reason', 'agent'],
    registers: [registry],
  });
  const limited = new Counter({
    name: 'everynode_agent_messages_limited_total',
    help: 'Messages of agents that sent more than they may: delayed, or dropped without a look at them.',
    labelNames: ['agent', 'kind', 'what'],
    registers: [registry],
  });
  new Gauge({
    name: 'everynode_store_writes_waiting',
    help: 'Writes that wait for the next group commit.',
    registers: [registry],
    collect() {
      this.set(store.writesWaiting);
    },
  });
  new Gauge({
    name: 'everynode_store_commits_in_doubt',
    help: 'Transactions since the start whose COMMIT was not answered, so that their outcome was looked up.',
    registers: [registry],
    collect() {
      this.set(store.commitsInDoubt);
    },
  });
  new Gauge({
    name: 'everynode_changes_dropped',
    help: 'Messages of changes since the start that could not be decoded. What they meant was read from the journal.',
    registers: [registry],
    collect() {
      this.set(reflector.dropped);
    },
  });
  new Gauge({
    name: 'everynode_bus_connected',
    help: '1 while NATS can be used: it is connected, JetStream answers and has the streams.',
    registers: [registry],
    collect() {
      this.set(bus.trouble === undefined ? 1 : 0);
    },
  });
  const waits = [
    ['unaccepted', 'Seconds for which the oldest pod with a node has not been accepted by its agent; 0 without one.'],
    ['terminating', 'Seconds by which the grace period of the oldest pod that is to end is over; 0 without one.'],
  ] as const;
  for (const [kind, help] of waits) {
    new Gauge({
      name: `everynode_pods_${kind}_seconds`,
      help,
      registers: [registry],
      collect() {
        this.set(stuckPods(reflector.cache('pods').list(), Date.now())[kind]);
      },
    });
  }
  // Names of agents are made up by clients that may join, so only so many have a series of their own.
  const named = new Set<string>();
  const nameOf = (agent: string): string => {
    if (named.size < NAMED_AGENTS) named.add(agent);
    return named.has(agent) ? agent : OTHER_AGENTS;
  };
  return {
    refused: (reason, agent) => refusals.inc({ reason, agent: nameOf(agent) }),
    limited: (agent, kind, what) => limited.inc({ agent: nameOf(agent), kind, what }),
  };
}
