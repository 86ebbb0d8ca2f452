import type { ServerResponse } from 'node:http';
import type { ObjectChange } from '@everynode/list-watch';
import { ApiError, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Presenter, WatchEventType } from '../present/presenter.js';
import type { Query } from '../query.js';
import { withHeartbeat } from '../rest/lease-times.js';
import { expired, select } from '../rest/list.js';
import { type Selection, selectionFrom } from '../selection.js';
import { EventEncoder } from './event-encoder.js';

const BOOKMARK_MS = 60_000;
const MIN_TIMEOUT_S = 1800;
/** What may wait in a watcher's socket; one that is further behind is ended, and lists again when it can. */
const MAX_BEHIND_BYTES = 16 * 1024 * 1024;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

const encoder = new EventEncoder();

/** Where a watch begins, once its parameters are understood. */
interface Start {
  /** Show what is there as ADDED first. */
  initial: boolean;
  /** Changes after this one follow; undefined: after what the cache has when it begins. */
  after: number | undefined;
  /** Say with a bookmark that the initial events are over (a streaming list, KEP-3157). */
  marksEnd: boolean;
}

async function startOf(context: ApiContext, query: Query): Promise<Start> {
  const sendInitial = query.text('sendInitialEvents');
  const match = query.text('resourceVersionMatch');
  const marksEnd = sendInitial !== undefined && query.flag('sendInitialEvents');
  if (sendInitial !== undefined && match !== 'NotOlderThan') {
    throw new ApiError(
      'Invalid',
      'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  }
  if (sendInitial === undefined && match !== undefined) {
    throw new ApiError(
      'Invalid',
      'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
    );
  }
  const revision = query.count('resourceVersion');
  if (revision === undefined) await context.freshReads.catchUp();
  else if (revision > 0) await context.freshReads.waitFor(revision);
  if (marksEnd) return { initial: true, after: undefined, marksEnd };
  if (sendInitial === undefined && (revision === undefined || revision === 0)) {
    return { initial: true, after: undefined, marksEnd: false };
  }
  return { initial: false, after: revision || undefined, marksEnd: false };
}

/**
 * Streams the changes of a collection until the client goes, the time is up or the service stops. The response is
 * written here. Throws only before the first byte.
 */
export async function watchObjects(
  context: ApiContext,
  definition: ResourceDefinition,
  namespace: string,
  query: Query,
  presenter: Presenter,
  response: ServerResponse,
): Promise<void> {
  const selection = selectionFrom(definition, namespace, query);
  const start = await startOf(context, query);
  const timeoutSeconds = query.count('timeoutSeconds') || MIN_TIMEOUT_S * (1 + Math.random());
  const watch = new Watch(context, definition, selection, presenter, response);
  // From here to the subscription nothing is awaited: no change can come in between.
  watch.begin(start, timeoutSeconds, query.flag('allowWatchBookmarks'));
  await watch.ended;
}

class Watch {
  readonly #context: ApiContext;
  readonly #definition: ResourceDefinition;
  readonly #selection: Selection;
  readonly #presenter: Presenter;
  readonly #response: ServerResponse;
  readonly ended: Promise<void>;
  #end: () => void = () => undefined;
  #columnsSent = false;
  #cleanUp: (() => void)[] = [];

  constructor(
    context: ApiContext,
    definition: ResourceDefinition,
    selection: Selection,
    presenter: Presenter,
    response: ServerResponse,
  ) {
    this.#context = context;
    this.#definition = definition;
    this.#selection = selection;
    this.#presenter = presenter;
    this.#response = response;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin({ initial, after, marksEnd }: Start, timeoutSeconds: number, bookmarks: boolean): void {
    const { watches, reflector, signal } = this.#context;
    const { storage } = this.#definition;
    this.#response.writeHead(200, {
      'content-type': this.#presenter.watchContentType,
      'cache-control': 'no-cache, private',
    });
    this.#response.flushHeaders();
    const missed = after === undefined ? [] : watches.changesAfter(storage, after);
    if (missed === undefined) {
      this.#fail(expired(after ?? 0, watches.floorOf(storage)));
      return;
    }
    if (initial) {
      for (const object of select(reflector.cache(storage), this.#selection)) {
        const shown = withHeartbeat(object, this.#context.heartbeats);
        this.#write(this.#presenter.event('ADDED', this.#presenter.inEvent(shown, !this.#columnsSent)));
        this.#columnsSent = true;
      }
    }
    if (marksEnd) this.#bookmark({ [INITIAL_EVENTS_END]: 'true' });
    for (const change of missed) this.#onChange(change);

    this.#cleanUp.push(
      watches.subscribe(storage, {
        onChange: (change) => this.#onChange(change),
        onGap: (revision) => this.#fail(expired(revision, revision)),
      }),
    );
    const stop = (): void => this.#close();
    this.#response.once('close', stop);
    signal.addEventListener('abort', stop, { once: true });
    const timer = setTimeout(stop, Math.min(timeoutSeconds * 1000, 2 ** 31 - 1));
    const beat = bookmarks ? setInterval(() => this.#bookmark(), BOOKMARK_MS) : undefined;
    this.#cleanUp.push(
      () => this.#response.off('close', stop),
      () => signal.removeEventListener('abort', stop),
      () => clearTimeout(timer),
      () => clearInterval(beat),
    );
  }

  /** An object that leaves the selection is DELETED for this watch, one that enters is ADDED. */
  #onChange(change: ObjectChange): void {
    const { type, previous, current } = change;
    const is = this.#selection.matches(current);
    // The first change of a preloaded history does not know what was before; the same labels are the best guess.
    const was = type !== 'ADDED' && this.#selection.matches(previous ?? current);
    const event = eventFor(type, was, is);
    if (!event) return;
    if (this.#presenter.columnsFirst && !this.#columnsSent) {
      this.#columnsSent = true;
      this.#write(this.#presenter.event(event, this.#presenter.inEvent(current, true)));
      return;
    }
    this.#write(encoder.encode(change, event, this.#presenter, current));
  }

  #bookmark(annotations?: Record<string, string>): void {
    const metadata = {
      resourceVersion: String(this.#context.reflector.revision),
      creationTimestamp: null,
      ...(annotations && { annotations }),
    };
    this.#write(this.#presenter.event('BOOKMARK', this.#presenter.bookmark(metadata)));
  }

  #fail(error: ApiError): void {
    this.#write(this.#presenter.event('ERROR', this.#presenter.status(error.toStatus())));
    this.#close();
  }

  #write(event: Buffer): void {
    if (this.#response.writableEnded || this.#response.destroyed) return;
    if (this.#response.writableLength > MAX_BEHIND_BYTES) {
      this.#context.log.warn({ resource: this.#definition.plural }, 'a watcher is too far behind and was dropped');
      this.#response.destroy();
      return;
    }
    this.#response.write(event);
  }

  #close(): void {
    for (const cleanUp of this.#cleanUp) cleanUp();
    this.#cleanUp = [];
    if (!this.#response.writableEnded) this.#response.end();
    this.#end();
  }
}

function eventFor(type: ObjectChange['type'], was: boolean, is: boolean): WatchEventType | undefined {
  if (type === 'DELETED') return was || is ? 'DELETED' : undefined;
  if (is) return was ? 'MODIFIED' : 'ADDED';
  return was ? 'DELETED' : undefined;
}
