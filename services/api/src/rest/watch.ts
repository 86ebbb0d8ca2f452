import type { ApiContext } from '../api-context.js';
import type { ResourceRequest } from '../dispatch/resource-request.js';
import { watchObjects } from '../watch/watch-objects.js';

/** GET of a collection with `watch`, or of a path of the old form under `watch/`. It writes its response by itself. */
export async function watch(context: ApiContext, request: ResourceRequest): Promise<undefined> {
  const { definition, namespace, name, query, presenter, stream } = request;
  await watchObjects(
    context,
    { definition, namespace, name: name || undefined, query, presenter, onStarted: stream.onStarted },
    stream.open(),
  );
}
