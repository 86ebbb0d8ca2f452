import { setTimeout as delay } from 'node:timers/promises';
import type { WatchScope } from '@everynode/history-checker';
import { now } from '../record/clock.js';
import { LABEL_DOMAIN, valueFrom } from '../record/facts.js';
import type { Recorder } from '../record/recorder.js';
import type { SeededRandom } from '../run/random.js';
import type { RunningClient } from './client.js';
import type { KubeClient, WatchStream } from './kube-client.js';

const PATIENCE_MS = 20_000;
const RETRY_MS = 100;

export interface WatchOptions {
  name: string;
  scope: WatchScope;
  client: KubeClient;
  recorder: Recorder;
  random: SeededRandom;
  /** Reads nothing for a while, now and then. */
  slow?: boolean;
  /** Hangs up now and then, and goes on from the last revision that it has seen. */
  leaves?: boolean;
  /** The server ends it after so long: a bookmark comes before, and the next one goes on from there. */
  timeoutSeconds?: number;
  /** Begins with a streamed list (`sendInitialEvents`, KEP-3157) in place of a list, each time anew. */
  streamsList?: boolean;
}

interface Metadata {
  name: string;
  namespace?: string;
  resourceVersion: string;
  finalizers?: string[];
  annotations?: Record<string, string>;
}
interface WatchedObject {
  metadata: Metadata;
  data?: Record<string, string>;
  code?: number;
}

/** Of the bookmark that ends a streamed list. */
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Lists once, and then watches from the last revision that it has seen; lists again only after 410 Gone. */
export function watchClient(options: WatchOptions): RunningClient {
  const watcher = new Watcher(options);
  const running = watcher.follow();
  return {
    async stop() {
      watcher.stop();
      await running;
    },
  };
}

class Watcher {
  readonly #options: WatchOptions;
  readonly #path: string;
  readonly #stopped = new AbortController();
  #revision: number | undefined;
  /** What a streamed list has shown so far; undefined when none is under way. */
  #initial: { began: number; items: string[] } | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { resource, namespace, labelSelector } = options.scope;
    const root = resource.includes('.') ? `/apis/apps/v1` : '/api/v1';
    const plural = resource.split('.')[0];
    const query = labelSelector === undefined ? '' : `labelSelector=${encodeURIComponent(labelSelector)}&`;
    this.#path = `${root}${namespace === '' ? '' : `/namespaces/${namespace}`}/${plural}?${query}`;
  }

  stop(): void {
    this.#stopped.abort();
  }

  async follow(): Promise<void> {
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      const { streamsList = false } = this.#options;
      if (streamsList) this.#revision = undefined;
      else if (this.#revision === undefined) await this.#list();
      if ((streamsList || this.#revision !== undefined) && !signal.aborted) await this.#watch(this.#revision);
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #list(): Promise<void> {
    const { client, recorder, name, scope } = this.#options;
    const began = now();
    const answer = await client.call({ method: 'GET', path: this.#path, patienceMs: PATIENCE_MS });
    // While something is broken there is no list: the next turn asks again.
    if ('noAnswer' in answer || answer.status !== 200) return;
    const { metadata, items } = answer.body as { metadata: Metadata; items: WatchedObject[] };
    this.#revision = Number(metadata.resourceVersion);
    recorder.add({
      entry: 'watch',
      what: 'list',
      watch: name,
      scope,
      began,
      at: now(),
      revision: this.#revision,
      items: items.map((item) => `${keyOf(item.metadata)} ${item.metadata.resourceVersion}`),
    });
  }

  /** Without a revision, the list is streamed first. */
  async #watch(revision: number | undefined): Promise<void> {
    const { client, recorder, name, slow, leaves, timeoutSeconds, random } = this.#options;
    const from =
      revision === undefined
        ? 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan'
        : `resourceVersion=${revision}`;
    const timeout = timeoutSeconds === undefined ? '' : `&timeoutSeconds=${timeoutSeconds}`;
    const path = `${this.#path}watch=1&allowWatchBookmarks=true&${from}${timeout}`;
    this.#initial = revision === undefined ? { began: now(), items: [] } : undefined;
    const { signal } = this.#stopped;
    await new Promise<void>((resolve) => {
      let stream: WatchStream | undefined;
      const timers: NodeJS.Timeout[] = [];
      const finish = (end: { code?: number; error?: string }): void => {
        for (const timer of timers) clearInterval(timer);
        signal.removeEventListener('abort', onStop);
        if (end.code === 410) this.#revision = undefined;
        // A watch that the end of the run closes stays open in the history, which checks that it was not behind.
        if (!signal.aborted) recorder.add({ entry: 'watch', what: 'end', watch: name, at: now(), ...end });
        resolve();
      };
      const onStop = (): void => {
        stream?.close();
        finish({});
      };
      stream = client.watch(path, {
        onOpen: () => {
          if (revision !== undefined) this.#noteResume(revision);
        },
        onLine: (line) => {
          const code = this.#onLine(line);
          if (code === undefined) return;
          stream?.close();
          finish({ code });
        },
        onEnd: finish,
      });
      signal.addEventListener('abort', onStop, { once: true });
      if (slow) {
        timers.push(
          setInterval(() => {
            stream?.pause();
            timers.push(setTimeout(() => stream?.resume(), 2500));
          }, 6000),
        );
      }
      if (leaves) {
        timers.push(
          setTimeout(
            () => {
              stream?.close();
              finish({});
            },
            random.between(500, 6000),
          ),
        );
      }
    });
  }

  #noteResume(revision: number): void {
    const { recorder, name: watch, scope } = this.#options;
    recorder.add({ entry: 'watch', what: 'resume', watch, scope, at: now(), revision });
  }

  /** An event of a streamed list. The bookmark that ends it says of which revision the list is. */
  #onInitial(list: { began: number; items: string[] }, type: string, { metadata }: WatchedObject): void {
    if (type === 'ADDED') list.items.push(`${keyOf(metadata)} ${metadata.resourceVersion}`);
    if (metadata.annotations?.[INITIAL_EVENTS_END] !== 'true') return;
    const { recorder, name: watch, scope } = this.#options;
    const revision = Number(metadata.resourceVersion);
    recorder.add({ entry: 'watch', what: 'list', watch, scope, ...list, at: now(), revision });
    this.#initial = undefined;
    this.#noteResume(revision);
  }

  /** Returns the status code of an ERROR, which ends the watch. */
  #onLine(line: string): number | undefined {
    const { recorder, name: watch } = this.#options;
    const { type, object } = JSON.parse(line) as { type: string; object: WatchedObject };
    if (type === 'ERROR') return object.code ?? 0;
    if (this.#initial !== undefined) {
      this.#onInitial(this.#initial, type, object);
      return undefined;
    }
    const revision = Number(object.metadata.resourceVersion);
    const at = now();
    this.#revision = revision;
    if (type === 'BOOKMARK') {
      recorder.add({ entry: 'watch', what: 'bookmark', watch, at, revision });
    } else if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') {
      const value = valueFrom(object.data, object.metadata.finalizers);
      const key = keyOf(object.metadata);
      recorder.add({
        entry: 'watch',
        what: 'event',
        watch,
        at,
        type,
        key,
        revision,
        ...(value !== undefined && { value }),
      });
    }
    return undefined;
  }
}

const keyOf = ({ namespace = '', name }: Metadata): string => `${namespace}/${name}`;
export const FLIPPED = `${LABEL_DOMAIN}flip`;
