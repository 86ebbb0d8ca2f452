/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

/** By lower-case name. A header that occurs several times has several values. */
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
  /** Undefined where the recording has none. */
  status: number | undefined;
  headers: Headers;
  /** Undefined where the recording has none; then bodies are not compared. */
  body: Body | undefined;
}

/** The answer of the server at hand. */
export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Exchange {
  /** Its name in reports: that of the recording, or else method and path. */
  name: string;
  request: RecordedRequest;
  /** Undefined in a list of requests that has not been recorded yet. */
  answer: RecordedAnswer | undefined;
  /**
   * `exact`: the whole answer is recorded. `subset`: fields that are not recorded may be anything; null means absent.
   */
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

/** A body in the form that a recording has. */
export function bodyJson(body: Body): Json | undefined {
  switch (body.kind) {
    case 'none':
      return undefined;
    case 'value':
      return body.value;
    case 'events':
      return body.events;
    case 'text':
      return body.text;
    case 'bytes':
      return { base64: body.bytes.toString('base64') };
  }
}
