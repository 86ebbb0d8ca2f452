import { isObject, type Json } from '../exchange.js';

/** A bookmark, but for the one that ends a streaming list: those come by the clock, and say nothing of the objects. */
export function isPeriodicBookmark(event: Json): boolean {
  if (!isObject(event) || event.type !== 'BOOKMARK' || !isObject(event.object)) return false;
  const { metadata } = event.object;
  return !(isObject(metadata) && isObject(metadata.annotations) && 'k8s.io/initial-events-end' in metadata.annotations);
}
