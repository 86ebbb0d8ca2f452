/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** Names in small letters. A header that came several times has several values. */
export type Headers = Record<string, string[]>;

/** A body: a value where it is JSON or YAML, else text or bytes. A stream is the list of its events. */
export type Body =
  | { kind: 'none' }
  | { kind: 'value'; value: Json }
  | { kind: 'events'; events: Json[] }
  | { kind: 'text'; text: string }
  | { kind: 'bytes'; bytes: Buffer };

export interface RecordedRequest {
  method: string;
  /** Path and query. */
  path: string;
  headers: Headers;
  body: Body;
}

export interface RecordedAnswer {
  /** Undefined where the recording does not say. */
  status: number | undefined;
  headers: Headers;
  /** Undefined where the recording has none: then bodies are not compared. */
  body: Body | undefined;
}

export interface Exchange {
  /** What a report calls it: a name from the recording, else method and path. */
  name: string;
  request: RecordedRequest;
  /** Undefined in a list of requests that is yet to be recorded. */
  answer: RecordedAnswer | undefined;
  /** `exact`: the answer is all of it. `subset`: what is not named may be anything, and null means absent. */
  compare: 'exact' | 'subset';
  /** JSON paths into `{status, headers, body}` that are not compared. */
  ignore: string[];
}

export interface Transcript {
  title: string;
  exchanges: Exchange[];
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
