import { JSON_TYPE, type KubeClient } from '../client/kube-client.js';
import type { Observation } from './observation.js';

const VERSION = Buffer.from('"resourceVersion":"');
const MODIFIED = Buffer.from('{"type":"MODIFIED"');
const QUOTE = 34;

/** The first resourceVersion in a line: that of the object, since managedFields have none. */
function versionIn(line: Buffer): string {
  const from = line.indexOf(VERSION) + VERSION.length;
  return line.toString('latin1', from, line.indexOf(QUOTE, from));
}

/** Times that a watcher watches again before the watch counts as broken. */
const MAX_RESUMED = 100;

interface WatcherOptions {
  client: KubeClient;
  /** Path and query of the watch, without the version. */
  path: string;
  /** The resourceVersion to watch from. */
  from: string;
  /** Fails when an event other than a change comes, or when the watch does not stay open. */
  observation: Observation;
  onOpen: () => void;
  /** Called for each event, with the number of events so far. */
  onEvent: (count: number) => void;
}

/**
 * One client that watches objects which only change. When its stream ends, it watches again from the last version that
 * it has seen, as clients do.
 */
export class Watcher {
  /** The versions of all events, in their order. */
  readonly seen: string[] = [];
  bytes = 0;
  resumed = 0;
  readonly #options: WatcherOptions;
  #last: string;
  #stop: () => void = () => undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#last = options.from;
    this.#open();
  }

  #open(): void {
    const { client, path, observation, onOpen } = this.#options;
    const resume = (): void => {
      this.resumed += 1;
      if (this.resumed > MAX_RESUMED) observation.fail(new Error('a watch does not stay open'));
      else this.#open();
    };
    const versioned = `${path}&resourceVersion=${this.#last}`;
    this.#stop = client.lines(versioned, JSON_TYPE, (line) => this.#onLine(line), resume, onOpen);
  }

  #onLine(line: Buffer): void {
    const { observation, onEvent } = this.#options;
    this.bytes += line.length + 1;
    if (line.compare(MODIFIED, 0, MODIFIED.length, 0, MODIFIED.length) !== 0) {
      observation.fail(new Error(`an event that was not expected: ${line.toString().slice(0, 300)}`));
      return;
    }
    this.#last = versionIn(line);
    this.seen.push(this.#last);
    onEvent(this.seen.length);
  }

  close(): void {
    this.#stop();
  }
}
