import { setTimeout as delay } from 'node:timers/promises';
import { type Change, ClusterReplay, rolloutLeft, unsteadiness } from '@everynode/history-checker';
import type { Cluster } from '../cluster/cluster.js';
import type { JournalTail } from '../record/journal-tail.js';

const EVERY_MS = 200;

/** Whether all is as it shall be, and what was wrong last. */
export interface Settlement {
  isSettled: boolean;
  trouble: string | undefined;
  /** The largest share of a rollout that was not done yet, from 0 to 1, that was seen meanwhile. */
  rolloutShare: number;
}

/** The cluster as the journal and the agents have it, to see when all is as it shall be. */
export class Truth {
  readonly #replay = new ClusterReplay();
  readonly #cluster: Cluster;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  apply(change: Change): void {
    this.#replay.apply(change);
  }

  /** What is not as it shall be, or undefined. */
  async #trouble(tail: JournalTail): Promise<string | undefined> {
    try {
      await tail.read();
      return unsteadiness(this.#replay) ?? (await this.#troubleOfAgents());
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

  /** The agents run as many pods as the journal has. */
  async #troubleOfAgents(): Promise<string | undefined> {
    const agents = (await this.#cluster.services()).filter(({ name }) => name.startsWith('agent-'));
    const counts = await Promise.all(agents.map(({ healthPort }) => runningPods(healthPort ?? 0)));
    const running = counts.reduce((sum, count) => sum + count, 0);
    const wanted = [...this.#replay.daemonSets.values()].reduce((sum, { status }) => sum + status.ready, 0);
    return running === wanted ? undefined : `agents run ${running} pods, and the statuses count ${wanted}`;
  }
}

const RUNNING = /^everynode_agent_pods\{state="ready"\} (\d+)$/m;

async function runningPods(port: number): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(2000) });
  return Number(RUNNING.exec(await answer.text())?.[1] ?? 0);
}
