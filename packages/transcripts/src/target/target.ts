import type { Answer, Body, Json } from '../exchange.js';
import type { OutgoingRequest } from './outgoing-request.js';

/** A watch that stays open. */
export interface OpenStream {
  readonly status: number;
  readonly headers: Answer['headers'];
  /**
   * Resolves with all events when there are `count`, when the server has ended the stream, or after `withinMs` without
   * a new one.
   */
  gather(count: number, withinMs: number): Promise<Json[]>;
  /** The whole body of an answer that is not a stream; undefined for a stream. */
  readonly rest: Promise<Body> | undefined;
  close(): void;
}

/** An API server. Every status counts as an answer; a method rejects when none comes. */
export interface Target {
  send(request: OutgoingRequest): Promise<Answer>;
  watch(request: OutgoingRequest): Promise<OpenStream>;
}
