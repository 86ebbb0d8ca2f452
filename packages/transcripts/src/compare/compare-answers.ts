import { JSONPath } from 'jsonpath-plus';
import { applyPatch, createPatch, Pointer } from 'rfc6902';
import {
  type Answer,
  type Body,
  bodyJson,
  type Exchange,
  type Headers,
  isObject,
  type Json,
  type JsonObject,
} from '../exchange.js';
import { alignItems } from './align-items.js';
import type { Bindings } from './bindings.js';
import type { Difference } from './difference.js';
import { learn } from './learn.js';
import { normalise } from './normalise.js';
import type { VersionHistory } from './version-history.js';

export interface Comparing {
  bindings: Bindings;
  versions: VersionHistory;
  /** Times that the requests have contained so far. */
  sentTimes: ReadonlySet<string>;
  /** Names of the headers to compare, where the recording has them. */
  headers: readonly string[];
  ignore: readonly string[];
}

/** Headers that belong to the answer and not to the connection. */
export const COMPARED_HEADERS = ['content-type', 'warning', 'retry-after', 'location', 'allow', 'www-authenticate'];

/** Compares an answer with the recorded one, and binds our values to the recorded ones. */
export function compareAnswers(exchange: Exchange, ours: Answer, comparing: Comparing): Difference[] {
  const { answer } = exchange;
  if (!answer) return [];
  const { bindings, sentTimes } = comparing;
  const body = plainBody(answer.body);
  const aligned = body === undefined ? undefined : aligning(body, plainBody(ours.body), bindings);
  learn(headerValues(answer.headers, ['etag']), headerValues(ours.headers, ['etag']), bindings);
  if (body !== undefined && aligned !== undefined) learn(body, aligned, bindings);

  const names = comparing.headers.filter((name) => name in answer.headers);
  const left: JsonObject = {
    ...(answer.status !== undefined && { status: answer.status }),
    headers: headerValues(answer.headers, names),
    ...(body !== undefined && { body }),
  };
  const right: JsonObject = {
    ...(answer.status !== undefined && { status: ours.status }),
    headers: headerValues(ours.headers, names),
    ...(body !== undefined && { body: aligned ?? null }),
  };
  const sortsOwners = exchange.compare === 'exact';
  const recorded = normalise(left, {
    sentTimes,
    sortsOwners,
    translate: (text) => bindings.translate(text),
  }) as JsonObject;
  const got = normalise(right, { sentTimes, sortsOwners }) as JsonObject;
  for (const path of [...comparing.ignore, ...exchange.ignore]) {
    drop(recorded, path);
    drop(got, path);
  }
  const moved = body !== undefined && aligned !== undefined ? comparing.versions.differences(body, aligned) : [];
  if (exchange.compare === 'exact') return [...differences(recorded, got), ...moved];
  return [...differences(withoutNulls(recorded), withoutNulls(named(recorded, got))), ...moved];
}

/** The body as one value: bytes in base64, a stream as its events. Undefined when bodies are not compared. */
const plainBody = (body: Body | undefined): Json | undefined => body && (bodyJson(body) ?? null);

function aligning(recorded: Json, ours: Json | undefined, bindings: Bindings): Json | undefined {
  if (!isObject(recorded) || !isObject(ours)) return ours;
  for (const key of ['items', 'rows']) {
    const [mine, theirs] = [ours[key], recorded[key]];
    if (Array.isArray(mine) && Array.isArray(theirs)) return { ...ours, [key]: alignItems(theirs, mine, bindings) };
  }
  return ours;
}

function headerValues(headers: Headers, names: readonly string[]): JsonObject {
  const present = names.filter((name) => headers[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, headers[name]?.map(spaced).sort().join(', ') ?? '']));
}

/** Parameters of media types with and without a space are the same. */
const spaced = (value: string): string => value.replace(/;\s+/g, ';');

function drop(value: JsonObject, path: string): void {
  JSONPath({
    path,
    json: value,
    eval: false,
    resultType: 'all',
    callback: (found: { parent: Json; parentProperty: string | number }) => {
      const { parent, parentProperty } = found;
      if (Array.isArray(parent)) parent[Number(parentProperty)] = '<ignored>';
      else if (isObject(parent)) delete parent[parentProperty];
    },
  });
}

/** The part of our value that the expected one names. */
function named(expected: Json, ours: Json | undefined): Json {
  if (isObject(expected) && isObject(ours)) {
    const kept = Object.keys(expected).filter((key) => ours[key] !== undefined);
    return Object.fromEntries(kept.map((key) => [key, named(expected[key] as Json, ours[key])]));
  }
  if (Array.isArray(expected) && Array.isArray(ours)) {
    return ours.map((item, index) => (index < expected.length ? named(expected[index] as Json, item) : item));
  }
  return ours ?? null;
}

function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutNulls(item)]));
}

/** Each operation is applied in turn: its indexes refer to the result of those before it. */
function differences(recorded: Json, ours: Json): Difference[] {
  const working = { answer: structuredClone(recorded) };
  return createPatch(working, { answer: ours }).map((operation): Difference => {
    const before = Pointer.fromJSON(operation.path).get(working) as Json | undefined;
    applyPatch(working, [operation]);
    const path = operation.path.replace(/^\/answer/, '');
    if (operation.op === 'add') return { path, ours: operation.value as Json };
    const known = before === undefined ? {} : { recorded: before };
    return operation.op === 'replace' ? { path, ...known, ours: operation.value as Json } : { path, ...known };
  });
}
