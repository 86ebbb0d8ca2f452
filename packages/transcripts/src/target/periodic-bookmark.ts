import { isObject, type Json } from '../exchange.js';

/** Whether an event is a bookmark that a timer sends, and not the one that ends a streaming list. */
export function isPeriodicBookmark(event: Json): boolean {
  if (!isObject(event) || event.type !== 'BOOKMARK' || !isObject(event.object)) return false;
  const { rows } = event.object;
  // In a watch of tables the bookmark is the object of a row.
  const rowObjects = Array.isArray(rows) ? rows.filter(isObject).map(({ object }) => object ?? null) : [];
  return ![event.object, ...rowObjects].some(endsInitialEvents);
}

function endsInitialEvents(object: Json): boolean {
  const metadata = isObject(object) ? object.metadata : undefined;
  return isObject(metadata) && isObject(metadata.annotations) && 'k8s.io/initial-events-end' in metadata.annotations;
}
