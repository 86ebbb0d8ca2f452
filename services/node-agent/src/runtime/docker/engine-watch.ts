import { type Logger, pause } from '@everynode/service-shell';
import type { Engine } from './engine.js';

interface EngineWatchOptions {
  engine: Engine;
  /** Of the containers that are followed. */
  labels: Readonly<Record<string, string>>;
  log: Pick<Logger, 'warn' | 'info'>;
  /** A container with this id has ended. */
  onEnd: (id: string) => void;
  /** From now on each end is told: what has happened before was not. */
  onOpen: () => void;
}

const AGAIN_MS = 1000;

/** Follows an engine, through its restarts. */
export class EngineWatch {
  readonly #options: EngineWatchOptions;
  readonly #closing = new AbortController();

  constructor(options: EngineWatchOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#follow();
  }

  close(): void {
    this.#closing.abort();
  }

  async #follow(): Promise<void> {
    const { engine, labels, log, onEnd, onOpen } = this.#options;
    const { signal } = this.#closing;
    let isLost = false;
    while (!signal.aborted) {
      try {
        const onFollowed = () => {
          if (isLost) log.info('the container engine answers again');
          isLost = false;
          onOpen();
        };
        for await (const id of engine.ends(labels, signal, onFollowed)) onEnd(id);
      } catch (err) {
        if (!isLost && !signal.aborted) log.warn({ err }, 'the container engine does not answer');
        isLost = true;
      }
      await pause(AGAIN_MS, signal);
    }
  }
}
