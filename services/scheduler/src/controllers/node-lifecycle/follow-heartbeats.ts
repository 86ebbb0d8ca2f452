import type { Delivery } from '@everynode/bus';
import {
  agentOfSubject,
  ContractError,
  NewestIncarnations,
  type NodesUnhosted,
  parseEvent,
  streams,
  subjects,
} from '@everynode/contract';
import type { ObjectCache } from '@everynode/list-watch';
import type { Node, Stored } from '@everynode/objects';
import type { SchedulerContext } from '../../scheduler-context.js';
import type { Liveness } from './liveness.js';
import { OwnHeartbeat } from './own-heartbeat.js';

const TICK_MS = 1000;

interface HeartbeatOptions extends Pick<SchedulerContext, 'bus' | 'signal' | 'log' | 'limits'> {
  nodes: ObjectCache<Stored<Node>>;
  liveness: Liveness;
  /** A node that is silent for this long is lost, in ms. */
  graceMs: number;
  /** A heartbeat of the node has arrived. */
  onHeartbeat: (node: string) => void;
  /** Whether this replica is the one that acts for the node. */
  isMine: (node: string) => boolean;
  /** The node was silent for too long. */
  onLost: (node: string) => void;
}

/**
 * Follows the heartbeats on the bus and finds the nodes that have none. Every replica follows all of them, so that each
 * knows enough to judge from the moment it takes a shard. Silence counts only while heartbeats come the same way, an
 * own one if no other, so that no node is lost because the bus was away or hung. Resolves when the signal aborts.
 */
export async function followHeartbeats(options: HeartbeatOptions): Promise<void> {
  const { bus, signal, liveness, onLost } = options;
  const own = new OwnHeartbeat(options, options.graceMs);
  const newest = new NewestIncarnations();
  const tick = (): void => {
    const now = performance.now();
    if (own.isMissing(now)) liveness.startListening(now);
    for (const node of liveness.judge(now)) onLost(node);
  };
  const timer = setInterval(tick, TICK_MS);
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  own.start();
  // Only new ones: a stored heartbeat may be two minutes old and would bring a lost node back for no reason.
  await bus.follow(streams.heartbeats.name, subjects.allHeartbeats, {
    onReset: () => {
      liveness.startListening(performance.now());
      own.send();
    },
    onMessage: (delivery) => {
      const now = performance.now();
      own.received(now);
      receive(options, delivery, newest, now);
    },
  });
}

function receive(
  { nodes, bus, log, limits, onHeartbeat, isMine }: HeartbeatOptions,
  delivery: Delivery,
  newest: NewestIncarnations,
  now: number,
): void {
  const { subject, bytes } = delivery;
  const agent = agentOfSubject(subject);
  // The body of a scheduler's own is not decoded: each access to it does that.
  if (agent === undefined || !limits.mayBeat(agent, bytes.length, now)) return;
  try {
    const { incarnation, nodes: names } = parseEvent('node-heartbeat', delivery.body);
    // A process that another one of its name has replaced keeps no node alive: nothing that it is told is done.
    if (!newest.accept(agent, incarnation, now)) return;
    const unhosted: string[] = [];
    for (const name of names) {
      // An agent is not believed about a node of another one. A node that registers now counts from its next heartbeat.
      const record = nodes.get('', name)?.record;
      if (record?.placement === agent) onHeartbeat(name);
      else if (record?.placement === null && isMine(name)) unhosted.push(name);
    }
    if (unhosted.length === 0) return;
    // A client has made the node, perhaps again. Whether the agent may host it is decided when it registers it.
    const told: NodesUnhosted = { nodes: unhosted };
    bus.send(subjects.receipt(agent, 'nodes-unhosted'), JSON.stringify(told));
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    limits.chargeBadHeartbeat(agent, now);
    log.warn({ err: error, subject }, 'a heartbeat was refused');
  }
}
