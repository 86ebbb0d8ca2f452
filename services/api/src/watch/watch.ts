import type { CachedObject, ObjectChange } from '@everynode/list-watch';
import { type ApiError, invalid, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../http/query.js';
import { withHeartbeat } from '../leases/lease-times.js';
import { joined, type Payload, type Presenter } from '../present/presenter.js';
import { type ListOptions, listOptions, revisionError } from '../read/list-options.js';
import { select } from '../read/page.js';
import { type Selection, selectionFrom } from '../read/selection.js';
import { EventEncoder } from './event-encoder.js';
import { expired } from './expired.js';
import { eventFor, shownIn, wireType } from './watch-event.js';
import type { Batch, Subscriber } from './watch-hub.js';
import type { WatchSink } from './watch-sink.js';

const BOOKMARK_MS = 60_000;
/** A last bookmark comes this long before the watch ends, so that the next one begins where this one stood. */
const LAST_BOOKMARK_MS = 2000;
const MIN_TIMEOUT_S = 1800;
/** With more than this waiting in its socket a watcher is behind: it gets no more until it has taken that. */
const BEHIND_BYTES = 256 * 1024;
/** Events that go to the socket at once. */
const CHUNK_BYTES = 64 * 1024;
/** Changes that are worked on in one go for a watcher that catches up. */
const CATCH_UP = 200;
/** How long one watcher's first objects may keep others waiting, in ms. */
const SLICE_MS = 5;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

const encoder = new EventEncoder();

/** One request to watch. */
export interface WatchRequest {
  definition: ResourceDefinition;
  namespace: string;
  /** The one object that a path of the old form names. */
  name: string | undefined;
  query: Query;
  presenter: Presenter;
  /** Called when what was there at the beginning is written: from then on the watch costs what changes cost. */
  onStarted(): void;
}

/**
 * Streams the changes of a collection until the client goes, the time is up or the service stops. Throws only
 * before the first byte. Source: apiserver storage/cacher, Watch.
 */
export async function watchObjects(
  context: ApiContext,
  { definition, namespace, name, query, presenter, onStarted }: WatchRequest,
  sink: WatchSink,
): Promise<void> {
  const options = listOptions(query, true);
  const selection = selectionFrom(definition, namespace, query, name);
  const { resourceVersion, sendInitialEvents } = options;
  const error = revisionError(resourceVersion);
  if (error) throw invalid({ group: definition.group, kind: definition.plural, name: '' }, [error]);
  if (resourceVersion === '') await context.freshReads.catchUp();
  else if (sendInitialEvents) await context.freshReads.waitFor(Number(resourceVersion));
  const watch = new Watch(context, definition, selection, presenter, sink);
  // From here to the subscription nothing is awaited: no change can come in between.
  watch.begin(options, onStarted);
  await watch.ended;
}

/**
 * One watcher. It stands at a revision: what came after is either handed to it as it comes, or, while it is behind, read
 * from the history when its socket has room again. So a slow client costs what its socket holds, and no more.
 */
class Watch implements Subscriber {
  readonly #context: ApiContext;
  readonly #definition: ResourceDefinition;
  readonly #selection: Selection;
  readonly #presenter: Presenter;
  readonly #sink: WatchSink;
  readonly #group: string;
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  #columnsSent = false;
  #cleanUp: (() => void)[] = [];
  /** Everything up to this revision was sent. */
  #position = 0;
  #behind = false;
  #stalled: NodeJS.Timeout | undefined;

  constructor(
    context: ApiContext,
    definition: ResourceDefinition,
    selection: Selection,
    presenter: Presenter,
    sink: WatchSink,
  ) {
    this.#context = context;
    this.#definition = definition;
    this.#selection = selection;
    this.#presenter = presenter;
    this.#sink = sink;
    this.#group = `${presenter.form} ${selection.key}`;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin({ sendInitialEvents, resourceVersion, allowBookmarks, timeoutSeconds }: ListOptions, onStarted: () => void) {
    const { watches, reflector, signal } = this.#context;
    const { storage } = this.#definition;
    this.#sink.begin(200, {
      'content-type': this.#presenter.watchContentType,
      'cache-control': 'no-cache, private',
    });
    const stop = (): void => this.#close();
    signal.addEventListener('abort', stop, { once: true });
    const seconds = timeoutSeconds || MIN_TIMEOUT_S * (1 + Math.random());
    const timers = [setTimeout(stop, Math.min(seconds * 1000, 2 ** 31 - 1))];
    if (allowBookmarks) {
      const last = seconds * 1000 - LAST_BOOKMARK_MS;
      timers.push(setInterval(() => this.#bookmark(), BOOKMARK_MS));
      if (last > 0) timers.push(setTimeout(() => this.#bookmark(), Math.min(last, 2 ** 31 - 1)));
    }
    this.#cleanUp.push(
      this.#sink.onClose(stop),
      () => signal.removeEventListener('abort', stop),
      () => {
        for (const timer of timers) clearTimeout(timer);
        clearTimeout(this.#stalled);
      },
      watches.subscribe(storage, this),
    );
    // Until it has caught up from the history, what comes is left there.
    this.#behind = true;
    const start = (initial: Iterable<CachedObject>, marksEnd: boolean): void => {
      this.#start(initial, marksEnd)
        .catch((error: unknown) => {
          this.#context.log.error({ err: error, resource: this.#definition.plural }, 'a watch failed');
          this.#sink.destroy();
        })
        .finally(onStarted);
    };
    if (sendInitialEvents) {
      this.#position = reflector.revision;
      start(this.#objects(), allowBookmarks);
    } else {
      // A revision that is still to come is waited for in silence.
      this.#position = Number(resourceVersion) || reflector.revision;
      start([], false);
    }
  }

  /** What is selected now, in the order of keys; taken at once, as the cache moves on. */
  #objects(): CachedObject[] {
    const { heartbeats } = this.#context;
    return select(this.#context, this.#definition, this.#selection).map((object) => withHeartbeat(object, heartbeats));
  }

  async #start(initial: Iterable<CachedObject>, marksEnd: boolean): Promise<void> {
    let since = performance.now();
    let events: Payload[] = [];
    let bytes = 0;
    const flush = (): void => {
      this.#write(joined(events));
      events = [];
      bytes = 0;
    };
    for (const object of initial) {
      if (this.#sink.isOver) return;
      const event = this.#presenter.event('ADDED', this.#presenter.inEvent(object, !this.#columnsSent));
      this.#columnsSent = true;
      events.push(event);
      bytes += event.length;
      const isLate = performance.now() - since > SLICE_MS;
      if (bytes < CHUNK_BYTES && !isLate) continue;
      flush();
      if (this.#sink.backlog > BEHIND_BYTES) await this.#roomInSocket();
      else if (isLate) await new Promise(setImmediate);
      else continue;
      since = performance.now();
    }
    if (this.#sink.isOver) return;
    if (events.length > 0) flush();
    if (marksEnd) this.#bookmarkAt(this.#position, { [INITIAL_EVENTS_END]: 'true' });
    await this.#catchUp();
  }

  onBatch(batch: Batch): void {
    if (this.#behind || this.#sink.isOver) return;
    const after = batch.isSynthetic ? -1 : this.#position;
    // Who wants the same of the same changes gets the same bytes.
    const alike = (batch.changes[0]?.revision ?? 0) > after && (this.#columnsSent || !this.#presenter.columnsFirst);
    let bytes = alike ? batch.encoded.get(this.#group) : undefined;
    if (!bytes) {
      bytes = this.#encode(batch.changes, after);
      if (alike) batch.encoded.set(this.#group, bytes);
    }
    this.#position = Math.max(this.#position, batch.changes.at(-1)?.revision ?? 0);
    if (bytes.length > 0) this.#write(bytes);
    if (this.#sink.backlog > BEHIND_BYTES) {
      this.#behind = true;
      void this.#roomInSocket().then(() => this.#catchUp());
    }
  }

  onGap(revision: number): void {
    this.#fail(expired(revision, revision));
  }

  /** Sends what came since the position, as the socket takes it, until there is nothing left. */
  async #catchUp(): Promise<void> {
    const { watches } = this.#context;
    const { storage } = this.#definition;
    while (!this.#sink.isOver) {
      const changes = watches.changesAfter(storage, this.#position, CATCH_UP);
      if (!changes) {
        this.#fail(expired(this.#position, watches.floorOf(storage)));
        return;
      }
      const last = changes.at(-1);
      if (!last) {
        this.#behind = false;
        return;
      }
      const bytes = this.#encode(changes, this.#position);
      this.#position = last.revision;
      if (bytes.length > 0) this.#write(bytes);
      if (this.#sink.backlog > BEHIND_BYTES) await this.#roomInSocket();
      else await new Promise(setImmediate);
    }
  }

  /** Resolves when the socket has taken what waits in it, or is no more: one that takes nothing for long is cut off. */
  #roomInSocket(): Promise<void> {
    const { log, watchStallMs } = this.#context;
    if (this.#sink.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(this.#stalled);
        offDrain();
        offClose();
        resolve();
      };
      const offDrain = this.#sink.onDrain(done);
      const offClose = this.#sink.onClose(done);
      this.#stalled = setTimeout(() => {
        log.warn(
          { resource: this.#definition.plural, stalledMs: watchStallMs },
          'a watcher took nothing and was dropped',
        );
        this.#context.watches.dropped += 1;
        this.#sink.destroy();
      }, watchStallMs);
    });
  }

  /** An object that leaves the selection is DELETED for this watch, one that enters is ADDED. */
  #encode(changes: readonly ObjectChange[], after: number): Buffer {
    const keeps = this.#context.watches.followers(this.#definition.storage) > 1;
    const events: Payload[] = [];
    for (const change of changes) {
      if (change.revision <= after) continue;
      const type = eventFor(change, (object) => this.#selection.matches(object));
      if (!type) continue;
      if (this.#presenter.columnsFirst && !this.#columnsSent) {
        this.#columnsSent = true;
        events.push(this.#presenter.event(wireType(type), this.#presenter.inEvent(shownIn(change, type), true)));
      } else events.push(encoder.encode(change, type, this.#presenter, keeps));
    }
    return joined(events);
  }

  #bookmark(): void {
    if (this.#behind) return;
    this.#bookmarkAt(Math.max(this.#position, this.#context.reflector.revision));
  }

  #bookmarkAt(revision: number, annotations?: Record<string, string>): void {
    const metadata = {
      resourceVersion: String(revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    this.#write(this.#presenter.event('BOOKMARK', this.#presenter.bookmark(metadata)));
  }

  #fail(error: ApiError): void {
    this.#write(this.#presenter.event('ERROR', this.#presenter.status(error.toStatus())));
    this.#close();
  }

  #write(event: Payload): void {
    if (!this.#sink.isOver) this.#sink.write(event);
  }

  #close(): void {
    for (const cleanUp of this.#cleanUp) cleanUp();
    this.#cleanUp = [];
    this.#sink.end();
    this.#end();
  }
}
