import { setTimeout as delay } from 'node:timers/promises';
import { type Change, ClusterReplay, rolloutLeft, unsteadiness } from '@everynode/history-checker';
import type { Cluster } from '../cluster/cluster.js';
import type { JournalTail } from '../record/journal-tail.js';
import { type AgentPods, troubleOfAgents } from './agent-pods.js';
import { ReplicaCaches } from './replica-caches.js';

const EVERY_MS = 200;

/** Whether all is as it shall be, and what was wrong last. */
export interface Settlement {
  isSettled: boolean;
  trouble: string | undefined;
  /** The largest share of a rollout that was not done yet, from 0 to 1, that was seen meanwhile. */
  rolloutShare: number;
}

/** The cluster as the journal, the agents and the api replicas have it, to see when all is as it shall be. */
export class Truth {
  readonly #replay = new ClusterReplay();
  readonly #cluster: Cluster;
  readonly #caches: ReplicaCaches;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    this.#caches = new ReplicaCaches(cluster);
  }

  /** Nodes that are not Ready. */
  nodesAway(): string[] {
    return [...this.#replay.nodes.values()].flatMap(({ name, ready }) => (ready ? [] : [name]));
  }

  close(): void {
    this.#caches.close();
  }

  apply(change: Change): void {
    this.#replay.apply(change);
  }

  /** What is not as it shall be, or undefined. */
  async #trouble(tail: JournalTail): Promise<string | undefined> {
    try {
      await tail.read();
      return (
        unsteadiness(this.#replay) ??
        (await this.#troubleOfAgents()) ??
        // What agents and caches have is compared only once it no longer moves.
        (await this.#caches.trouble(tail.revision))
      );
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Waits until nothing is wrong, at most for `patienceMs`. */
  async settled(tail: JournalTail, patienceMs: number): Promise<Settlement> {
    let last: string | undefined;
    let rolloutShare = 0;
    for (const until = performance.now() + patienceMs; ; await delay(EVERY_MS)) {
      const trouble = await this.#trouble(tail);
      rolloutShare = Math.max(rolloutShare, rolloutLeft(this.#replay));
      if (trouble === undefined) return { isSettled: true, trouble: last, rolloutShare };
      if (performance.now() > until) return { isSettled: false, trouble, rolloutShare };
      last = trouble;
    }
  }

  /** The agents run what the store has. */
  async #troubleOfAgents(): Promise<string | undefined> {
    const agents = (await this.#cluster.services()).filter(({ name }) => name.startsWith('agent-'));
    const listings = await Promise.all(
      agents.map(async ({ name, healthPort }) => ({ agent: name, ...(await podsOf(healthPort ?? 0)) })),
    );
    return troubleOfAgents(listings, this.#replay);
  }
}

/** @throws Error when the agent does not answer, or has not registered its nodes yet. */
async function podsOf(port: number): Promise<Omit<AgentPods, 'agent'>> {
  const answer = await fetch(`http://127.0.0.1:${port}/pods`, { signal: AbortSignal.timeout(2000) });
  if (!answer.ok) throw new Error(`${answer.url} is answered with ${answer.status}`);
  return (await answer.json()) as Omit<AgentPods, 'agent'>;
}
