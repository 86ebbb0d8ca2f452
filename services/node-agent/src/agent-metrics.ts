import { Counter, Gauge, type Registry } from 'prom-client';
import type { Agent } from './agent.js';

/** Registers the metrics of an agent. Their values are read when they are collected. */
export function exposeMetrics(registry: Registry, { runtime, outbox, sync, tallies }: Agent, nodes: number): void {
  const registers = [registry];
  new Gauge({ name: 'everynode_agent_nodes', help: 'Nodes that this agent hosts.', registers }).set(nodes);
  new Gauge({
    name: 'everynode_agent_pods',
    help: 'Pods that the runtime has, by what they are doing.',
    labelNames: ['state'],
    registers,
    collect() {
      for (const [state, count] of runtime.counts()) this.set({ state }, count);
    },
  });
  new Gauge({
    name: 'everynode_agent_statuses_waiting',
    help: 'Pods whose status is still to be sent.',
    registers,
    collect() {
      this.set(outbox.waiting);
    },
  });
  const counters: [name: string, help: string, read: () => number][] = [
    ['everynode_agent_reports_total', 'Messages with pod statuses that the bus has accepted.', () => tallies.reports],
    ['everynode_agent_commands_refused_total', 'Commands that were not understood.', () => tallies.refused],
    ['everynode_agent_syncs_total', 'Lists of assigned pods that were compared with what runs.', () => sync.syncs],
  ];
  for (const [name, help, read] of counters) {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
