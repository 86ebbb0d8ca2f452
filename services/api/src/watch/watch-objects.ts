import { invalid, type ResourceDefinition } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import type { Query } from '../http/query.js';
import { withHeartbeat } from '../leases/lease-times.js';
import type { Presenter } from '../present/presenter.js';
import { listOptions, revisionError } from '../read/list-options.js';
import { select } from '../read/page.js';
import { selectionFrom } from '../read/selection.js';
import { Watch } from './watch.js';
import type { WatchSink } from './watch-sink.js';
import { WatcherEvents } from './watcher-events.js';

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
 * Streams the changes of a collection. Resolves when the client has gone, the time is up or the service stops.
 *
 * @throws ApiError before anything is written, and only then. Source: apiserver storage/cacher, Watch.
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
  const { heartbeats, watches, work } = context;
  const selected = () => select(context, definition, selection).map((object) => withHeartbeat(object, heartbeats));
  const watch = new Watch(context, {
    definition,
    events: new WatcherEvents(selection, presenter, () => watches.followers(definition.storage) > 1),
    sink,
    // In the order of keys. A copy, because the cache moves on while it is written.
    initial: () => (work ? work.charge(selected) : selected()),
    onStarted,
  });
  // From here to the subscription nothing is awaited, so that no change can come between.
  watch.begin(options);
  await watch.ended;
}
