import { isMap, type JsonMap, member } from './json.js';

/** The place that a pointer names. `value` is undefined when there is nothing. */
interface PointerTarget {
  parent: unknown;
  key: string;
  value: unknown;
}

/** Thrown for a pointer to nothing in this document. */
export class PointerError extends Error {
  override readonly name = 'PointerError';
  readonly retryable = false;
}

/** True for the text form of RFC 6901: empty, or starting with a slash, `~` only as `~0` and `~1`. */
export function isPointer(text: unknown): text is string {
  return typeof text === 'string' && /^(?:\/(?:[^~/]|~[01])*)*$/.test(text);
}

/**
 * Follows a pointer strictly: own members only, list indexes as RFC 6901 writes them.
 * @throws PointerError when a parent is missing, or the last token cannot name a place in its parent.
 */
export function resolvePointer(document: unknown, pointer: string): PointerTarget {
  let target: PointerTarget = { parent: undefined, key: '', value: document };
  for (const escaped of pointer.split('/').slice(1)) {
    const key = unescaped(escaped);
    target = { parent: target.value, key, value: childOf(target.value, key, pointer) };
  }
  return target;
}

/**
 * The same pointer with list indexes counted from the beginning. `/list/-1` is the last item, or the place behind it
 * when the operation `adds`.
 */
export function absolutePointer(document: unknown, pointer: string, adds: boolean): string {
  if (!pointer.includes('/-')) return pointer;
  const segments = pointer.split('/').slice(1);
  let value = document;
  const absolute = segments.map((segment, at) => {
    let key = segment;
    if (Array.isArray(value) && /^-[1-9][0-9]*$/.test(segment)) {
      const length = value.length + (adds && at === segments.length - 1 ? 1 : 0);
      const index = length + Number(segment);
      if (index < 0) throw new PointerError(`the index ${segment} in ${pointer} is out of bounds`);
      key = String(index);
    }
    value = isMap(value) || Array.isArray(value) ? (value as JsonMap)[unescaped(key)] : undefined;
    return key;
  });
  return absolute.map((segment) => `/${segment}`).join('');
}

const unescaped = (segment: string): string => segment.replaceAll('~1', '/').replaceAll('~0', '~');

function childOf(parent: unknown, key: string, pointer: string): unknown {
  if (Array.isArray(parent)) {
    if (key === '-') return undefined;
    if (!/^(?:0|[1-9][0-9]*)$/.test(key)) throw new PointerError(`"${key}" in ${pointer} is no list index`);
    const index = Number(key);
    if (index > parent.length) throw new PointerError(`the index ${key} in ${pointer} is out of bounds`);
    return parent[index];
  }
  if (isMap(parent)) return member(parent, key);
  throw new PointerError(`the path ${pointer} does not exist`);
}
