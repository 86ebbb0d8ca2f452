import { type Exchange, isObject, type Json, type JsonObject, type Transcript } from '../exchange.js';
import { readDocuments } from './documents.js';
import { type Defaults, looksLikeExchange, readExchange, readPaths, shortly } from './read-exchange.js';
import { firstOf, readHeaders } from './read-message.js';
import { UnreadableError } from './unreadable-error.js';

const LISTS = [
  'exchanges',
  'entries',
  'transcript',
  'transcripts',
  'requests',
  'cases',
  'records',
  'recordings',
  'interactions',
  'steps',
  'calls',
  'items',
  'log',
];

/**
 * Reads a recording in the form of docs/transcripts.md or one near it: JSON, JSON lines or YAML; a list of exchanges,
 * or an object that has one; HAR; an audit log. @throws UnreadableError, naming the exchange and what was not
 * understood.
 */
export function readTranscript(text: string, title: string): Transcript {
  const exchanges: Exchange[] = [];
  const documents = readDocuments(text);
  for (const document of documents) collect(document, { compare: 'exact', ignore: [], headers: {} }, exchanges);
  if (exchanges.length === 0) throw new UnreadableError('there is no exchange in it');
  return { title, exchanges };
}

function collect(value: Json, defaults: Defaults, into: Exchange[]): void {
  if (Array.isArray(value)) {
    for (const item of value) {
      // In a list of transcripts, each has its own list.
      if (!looksLikeExchange(item) && isObject(item) && listIn(item)) collect(item, defaults, into);
      else into.push(numbered(item, defaults, into.length + 1));
    }
    return;
  }
  if (!isObject(value)) throw new UnreadableError(`a recording is an object or a list, and this is ${shortly(value)}`);
  if (looksLikeExchange(value)) {
    into.push(numbered(value, defaults, into.length + 1));
    return;
  }
  const list = listIn(value);
  if (list === undefined) {
    throw new UnreadableError(
      `there is no list of exchanges: none of ${LISTS.join(', ')} is among ${Object.keys(value).join(', ') || 'nothing'}`,
    );
  }
  collect(list, defaultsOf(value, defaults), into);
}

function listIn(value: JsonObject): Json | undefined {
  const list = firstOf(value, LISTS);
  return Array.isArray(list) || (isObject(list) && listIn(list) !== undefined) ? list : undefined;
}

/** `compare`, `ignore` and `headers` beside a list apply to all of it. */
function defaultsOf(value: JsonObject, defaults: Defaults): Defaults {
  const { compare = defaults.compare, ignore, headers } = value;
  if (compare !== 'exact' && compare !== 'subset') {
    throw new UnreadableError(`compare is exact or subset, not ${shortly(compare)}`);
  }
  return {
    compare,
    ignore: [...defaults.ignore, ...readPaths(ignore)],
    headers: { ...defaults.headers, ...readHeaders(headers) },
  };
}

function numbered(value: Json, defaults: Defaults, number: number): Exchange {
  try {
    return readExchange(value, defaults);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    throw new UnreadableError(`exchange ${number}: ${error.message}`, { cause: error });
  }
}
