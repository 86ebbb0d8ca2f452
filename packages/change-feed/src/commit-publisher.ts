import type { Reflector } from '@everynode/list-watch';
import { backoffMs, pause } from '@everynode/service-shell';
import type { CommittedBatch, Store } from '@everynode/store';
import { AgentDirectory, type NodeSource } from './agent-directory.js';
import { type Publishing, publishEntries } from './publish-entries.js';

/** Batches on their way to the bus at once. The relay publishes those above: so a slow bus holds little memory here. */
const MAX_UNDER_WAY = 16;

const BACKOFF = { firstMs: 100, maxMs: 1000 };

/** How often a batch is tried once the service stops. */
const MAX_LAST_ATTEMPTS = 3;

export interface CommitPublisherOptions extends Omit<Publishing, 'agentOf'> {
  store: Pick<Store, 'onCommitted' | 'journalAfter' | 'sealEntry'>;
  /** Receives the changes before the bus brings them. */
  reflector: Pick<Reflector, 'applyLocally'> & NodeSource;
  signal: AbortSignal;
}

/**
 * Publishes what this process commits, from memory and right after the commit. When the process dies before that, the
 * relay of another process sees that the changes are not on the bus, and publishes them.
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

  /** Starts to publish. Returns the stop, which resolves when all batches until then are published or given up. */
  start(): () => Promise<void> {
    const stop = this.#options.store.onCommitted((batch) => this.#onCommitted(batch));
    return async () => {
      stop();
      await Promise.all(this.#underWay);
    };
  }

  #onCommitted(batch: CommittedBatch): void {
    if (batch.entries) this.#options.reflector.applyLocally(batch.entries);
    // A bus that is away lets nothing through, so the relay sees that the changes are missing.
    if (!this.#options.bus.connected || this.#underWay.size >= MAX_UNDER_WAY) return;
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
        // It is tried again while the connection lasts: the relay does not see that commands are missing when their
        // changes came through. Over a connection that was lost, changes came through only after their commands.
        if (!bus.connected) return;
        // Commits of a service that stops are published too, and tried again a few times.
        if (signal.aborted && ++sinceStop >= MAX_LAST_ATTEMPTS) return;
        await pause(backoffMs(failures, BACKOFF), signal.aborted ? undefined : signal);
      }
    }
  }
}
