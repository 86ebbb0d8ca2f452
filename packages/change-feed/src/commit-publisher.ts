import type { Reflector } from '@everynode/list-watch';
import { backoffMs, pause } from '@everynode/service-shell';
import type { CommittedBatch, Store } from '@everynode/store';
import { AgentDirectory, type NodeSource } from './agent-directory.js';
import { type Publishing, publishEntries } from './publish-entries.js';

/** Batches on their way to the bus at once. Those above are left to the relay: a bus that is slow or away holds no more than these. */
const MOST_UNDER_WAY = 16;

/** Once the service stops. */
const LAST_ATTEMPTS = 3;

export interface CommitPublisherOptions extends Omit<Publishing, 'agentOf'> {
  store: Pick<Store, 'addCommitListener' | 'journalAfter'>;
  /** Has the changes before the bus brings them. */
  reflector: Pick<Reflector, 'applyLocally'> & NodeSource;
  signal: AbortSignal;
}

/**
 * Publishes what this process commits, as soon as it is committed and from memory. It may die before it has: then the relay
 * of another process sees that the changes are not on the bus.
 */
export class CommitPublisher {
  readonly #options: CommitPublisherOptions;
  readonly #agents: AgentDirectory;
  readonly #publishing: Publishing;
  readonly #underWay = new Set<Promise<void>>();

  /** @throws Error when the reflector has started: see {@link AgentDirectory}. */
  constructor(options: CommitPublisherOptions) {
    this.#options = options;
    this.#agents = new AgentDirectory(options.reflector);
    this.#publishing = { ...options, agentOf: (node) => this.#agents.agentOf(node) };
  }

  /** Returns the agent that hosts or hosted the node; undefined when none is known here. */
  agentOf(node: string): string | undefined {
    return this.#agents.agentOf(node);
  }

  /** Until the returned function is called, which resolves when what was committed by then is published or given up. */
  start(): () => Promise<void> {
    const stop = this.#options.store.addCommitListener((batch) => this.#take(batch));
    return async () => {
      stop();
      await Promise.all(this.#underWay);
    };
  }

  #take(batch: CommittedBatch): void {
    if (batch.entries) this.#options.reflector.applyLocally(batch.entries);
    if (this.#underWay.size >= MOST_UNDER_WAY) return;
    const passing: Promise<void> = this.#publish(batch).finally(() => this.#underWay.delete(passing));
    this.#underWay.add(passing);
  }

  async #publish({ first, count, entries }: CommittedBatch): Promise<void> {
    const { store, bus, signal, log } = this.#options;
    const attempt = async (): Promise<void> =>
      publishEntries(this.#publishing, entries ?? (await store.journalAfter(first - 1, count)));
    for (let failures = 0, sinceStop = 0; ; ) {
      try {
        await attempt();
        return;
      } catch (err) {
        failures += 1;
        log.warn({ err, failures, first, count }, 'changes could not be published');
        // What is committed while the service stops is published, too, and tried again a few times: the relay does not see
        // that commands are missing of which the changes came through. A bus that is away has let nothing through.
        if (signal.aborted && (!bus.connected || ++sinceStop >= LAST_ATTEMPTS)) return;
        await pause(backoffMs(failures), signal.aborted ? undefined : signal);
      }
    }
  }
}
