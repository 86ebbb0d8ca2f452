import type { CachedObject } from '@everynode/list-watch';
import type { ApiError, ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { joined, type Payload } from '../present/presenter.js';
import type { ListOptions } from '../read/list-options.js';
import { expired } from './expired.js';
import { untilDrained } from './until-drained.js';
import type { Batch, Subscriber } from './watch-hub.js';
import { INITIAL, nextWatchMode, type WatchMode, type WatchModeEvent } from './watch-mode.js';
import type { WatchSink } from './watch-sink.js';
import { startWatchTimers } from './watch-timers.js';
import type { WatcherEvents } from './watcher-events.js';

/** With more than this waiting in its socket a watch is stalled: nothing is written until the client has read that. */
const MAX_BACKLOG_BYTES = 256 * 1024;
/** Initial events that are written at once: characters of text, bytes of protobuf. */
const CHUNK_CHARS = 64 * 1024;
/** Changes that are encoded at once for a watch that is behind. */
const CATCH_UP = 200;
/** How long one watch's initial objects may keep the event loop from other work, in ms. */
const SLICE_MS = 1;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** What a watch needs of the service. */
type WatchContext = Pick<ApiContext, 'watches' | 'reflector' | 'signal' | 'log' | 'watchStallMs' | 'work'>;

/** What a watch is made of. */
export interface WatchParts {
  definition: ResourceDefinition;
  events: WatcherEvents;
  sink: WatchSink;
  /** The objects that are selected at the moment of the call. */
  initial(): readonly CachedObject[];
  /** Called once, when the initial objects are written or the watch has failed. */
  onStarted(): void;
}

/** One watch. The modes and their ways out: watch-mode.ts. */
export class Watch implements Subscriber {
  readonly #context: WatchContext;
  readonly #parts: WatchParts;
  readonly #events: WatcherEvents;
  readonly #sink: WatchSink;
  readonly ended: Promise<void>;
  #resolveEnded: () => void = () => undefined;
  #cleanUp: (() => void)[] = [];
  #mode: WatchMode = INITIAL;
  /** Everything up to this revision was sent. */
  #position = 0;

  constructor(context: WatchContext, parts: WatchParts) {
    this.#context = context;
    this.#parts = parts;
    this.#events = parts.events;
    this.#sink = parts.sink;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  begin(options: ListOptions): void {
    const { watches, reflector, signal, log } = this.#context;
    const { definition, onStarted } = this.#parts;
    const { sendInitialEvents, resourceVersion, allowBookmarks } = options;
    this.#sink.begin(200, { 'content-type': this.#events.contentType, 'cache-control': 'no-cache, private' });
    const stop = (): void => this.#close();
    signal.addEventListener('abort', stop, { once: true });
    this.#cleanUp.push(
      this.#sink.onClose(stop),
      () => signal.removeEventListener('abort', stop),
      startWatchTimers(options, { onEnd: stop, onBookmark: () => this.#bookmark() }),
      watches.subscribe(definition.storage, this),
    );
    // A watch from a revision that is still to come is silent until then.
    this.#position = sendInitialEvents ? reflector.revision : Number(resourceVersion) || reflector.revision;
    this.#start(sendInitialEvents ? this.#parts.initial() : [], sendInitialEvents ? allowBookmarks : false)
      .catch((error: unknown) => {
        log.error({ err: error, resource: definition.plural }, 'a watch failed');
        this.#breakOff();
      })
      .finally(onStarted);
  }

  onBatch(batch: Batch): void {
    if (this.#mode.name !== 'following' || this.#sink.isOver) return;
    const bytes = this.#events.batch(batch, batch.isSynthetic ? -1 : this.#position);
    this.#position = Math.max(this.#position, batch.changes.at(-1)?.revision ?? 0);
    if (bytes.length > 0) this.#write(bytes);
    if (this.#sink.backlog > MAX_BACKLOG_BYTES) void this.#untilDrained().then(() => this.#catchUp());
  }

  onGap(revision: number): void {
    this.#fail(expired(revision, revision));
  }

  async #start(initial: readonly CachedObject[], marksEnd: boolean): Promise<void> {
    const { work } = this.#context;
    for (let at = 0; at < initial.length; ) {
      if (this.#sink.isOver) return;
      const write = (): number => this.#writeInitial(initial, at);
      at = await (work ? work.piece(write) : write());
      if (this.#sink.backlog > MAX_BACKLOG_BYTES) await this.#untilDrained();
    }
    if (this.#sink.isOver) return;
    if (marksEnd) this.#write(this.#events.bookmark(this.#position, { [INITIAL_EVENTS_END]: 'true' }));
    this.#move('started');
    await this.#catchUp();
  }

  /** Writes initial events, from one on, until there are enough of them or their time is up. Returns the next one. */
  #writeInitial(initial: readonly CachedObject[], from: number): number {
    const until = performance.now() + SLICE_MS;
    const events: Payload[] = [];
    let at = from;
    for (let length = 0; at < initial.length && length < CHUNK_CHARS && performance.now() < until; at += 1) {
      const event = this.#events.initial(initial[at] as CachedObject);
      events.push(event);
      length += event.length;
    }
    if (events.length > 0) this.#write(joined(events));
    return at;
  }

  /** Sends what came since the position, as the socket accepts it, until the history has no more. */
  async #catchUp(): Promise<void> {
    const { watches } = this.#context;
    const { storage } = this.#parts.definition;
    while (!this.#sink.isOver) {
      const changes = watches.changesAfter(storage, this.#position, CATCH_UP);
      if (!changes) {
        this.#fail(expired(this.#position, watches.floorOf(storage)));
        return;
      }
      const last = changes.at(-1);
      if (!last) {
        this.#move('caughtUp');
        return;
      }
      const bytes = this.#events.changes(changes, this.#position);
      this.#position = last.revision;
      if (bytes.length > 0) this.#write(bytes);
      if (this.#sink.backlog > MAX_BACKLOG_BYTES) await this.#untilDrained();
      else await new Promise(setImmediate);
    }
  }

  async #untilDrained(): Promise<void> {
    const { log, watches, watchStallMs } = this.#context;
    this.#move('full');
    await untilDrained(this.#sink, watchStallMs, () => {
      if (this.#mode.name !== 'stalled') return;
      const { plural: resource } = this.#parts.definition;
      log.warn({ resource, stalledMs: watchStallMs }, 'a watcher read nothing and was dropped');
      watches.dropped += 1;
      // Not when the sink says that it is closed: a connection with a full socket takes its time to close.
      this.#breakOff();
    });
    this.#move('drained');
  }

  #bookmark(): void {
    if (this.#mode.name !== 'following') return;
    this.#write(this.#events.bookmark(Math.max(this.#position, this.#context.reflector.revision)));
  }

  #fail(error: ApiError): void {
    this.#write(this.#events.error(error));
    this.#close();
  }

  #write(event: Payload): void {
    if (!this.#sink.isOver) this.#sink.write(event);
  }

  #move(event: WatchModeEvent): void {
    this.#mode = nextWatchMode(this.#mode, event);
  }

  /** Ends without what waits in the socket. */
  #breakOff(): void {
    this.#sink.destroy();
    this.#close();
  }

  #close(): void {
    this.#move('ended');
    for (const cleanUp of this.#cleanUp) cleanUp();
    this.#cleanUp = [];
    this.#sink.end();
    this.#resolveEnded();
  }
}
