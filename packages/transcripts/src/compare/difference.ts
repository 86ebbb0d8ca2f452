import type { Json } from '../exchange.js';

/** A place at which the two answers differ, as a JSON pointer into `{status, headers, body}`. */
export interface Difference {
  path: string;
  /** Undefined where this side has no value. */
  recorded?: Json;
  ours?: Json;
}
