import { type Headers, isObject, type Json, type JsonObject } from '../exchange.js';
import { UnreadableError } from './unreadable-error.js';

/** The value of the first of these keys that the object has. */
export function firstOf(object: JsonObject, names: readonly string[]): Json | undefined {
  for (const name of names) if (object[name] !== undefined && object[name] !== null) return object[name];
  return undefined;
}

/** Headers as a map, a map of lists, a list of pairs, a list of {name, value}, or lines. */
export function readHeaders(recorded: Json | undefined): Headers {
  const headers: Headers = {};
  const add = (name: Json | undefined, value: Json | undefined): void => {
    if (typeof name !== 'string' || value === undefined || value === null) {
      throw new UnreadableError(`a header is not understood: ${JSON.stringify([name, value])}`);
    }
    const values = Array.isArray(value) ? value : [value];
    const key = name.trim().toLowerCase();
    headers[key] = [...(headers[key] ?? []), ...values.map(String)];
  };
  if (recorded === undefined || recorded === null) return headers;
  if (typeof recorded === 'string') {
    for (const line of recorded.split(/\r?\n/).filter(Boolean)) {
      const at = line.indexOf(':');
      if (at < 1) throw new UnreadableError(`a header line has no colon: ${JSON.stringify(line)}`);
      add(line.slice(0, at), line.slice(at + 1).trim());
    }
  } else if (Array.isArray(recorded)) {
    for (const item of recorded) {
      if (Array.isArray(item)) add(item[0], item[1]);
      else if (isObject(item)) add(firstOf(item, ['name', 'key', 'header']), firstOf(item, ['value', 'values']));
      else if (typeof item === 'string') Object.assign(headers, readHeaders(item));
      else throw new UnreadableError(`a header is not understood: ${JSON.stringify(item)}`);
    }
  } else if (isObject(recorded)) {
    for (const [name, value] of Object.entries(recorded)) add(name, value);
  } else throw new UnreadableError(`headers are not understood: ${JSON.stringify(recorded)}`);
  return headers;
}

/** Path and query from a path, a URL or an object of URL parts, and a separate query. */
export function readPath(location: Json | undefined, query: Json | undefined): string {
  const text = isObject(location) ? firstOf(location, ['path', 'raw', 'full', 'href', 'RawPath', 'Path']) : location;
  if (typeof text !== 'string' || text === '') throw new UnreadableError('the request has no path');
  const path = text.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '').replace(/#.*$/, '');
  if (path !== '' && !path.startsWith('/') && !path.startsWith('?')) {
    throw new UnreadableError(`the path does not begin with a slash: ${JSON.stringify(text)}`);
  }
  const rooted = path.startsWith('/') ? path : `/${path}`;
  const more = readQuery(query ?? (isObject(location) ? firstOf(location, ['query', 'RawQuery']) : undefined));
  // HAR contains the query twice.
  if (more === '' || rooted.includes('?')) return rooted;
  return `${rooted}?${more}`;
}

function readQuery(query: Json | undefined): string {
  if (query === undefined || query === null) return '';
  if (typeof query === 'string') return query.replace(/^\?/, '');
  const parameters = new URLSearchParams();
  const add = (name: Json | undefined, value: Json | undefined): void => {
    if (typeof name !== 'string') throw new UnreadableError(`a query parameter has no name: ${JSON.stringify(value)}`);
    for (const one of Array.isArray(value) ? value : [value ?? '']) parameters.append(name, String(one));
  };
  if (Array.isArray(query)) {
    for (const item of query) {
      if (Array.isArray(item)) add(item[0], item[1]);
      else if (isObject(item)) add(firstOf(item, ['name', 'key']), item.value);
      else throw new UnreadableError(`a query parameter is not understood: ${JSON.stringify(item)}`);
    }
  } else if (isObject(query)) {
    for (const [name, value] of Object.entries(query)) add(name, value);
  } else throw new UnreadableError(`the query is not understood: ${JSON.stringify(query)}`);
  return parameters.toString();
}
