import { isObject, type Json } from '../exchange.js';

/** Whether an event is a bookmark that a timer sends, and not the one that ends a streaming list. */
export function isPeriodicBookmark(event: Json): boolean {
  if (!isObject(event) || event.type !== 'BOOKMARK' || !isObject(event.object)) return false;
  const { metadata } = event.object;
  return !(isObject(metadata) && isObject(metadata.annotations) && 'k8s.io/initial-events-end' in metadata.annotations);
}
