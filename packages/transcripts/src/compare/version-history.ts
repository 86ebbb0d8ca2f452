import { isObject, type Json } from '../exchange.js';
import type { Difference } from './compare-answers.js';

interface Seen {
  recorded: string;
  ours: string;
}

/**
 * Versions are any numbers, but whether a request changed an object is a fact: where one side's version is that of the
 * answer before, the other's has to be, too.
 */
export class VersionHistory {
  readonly #seen = new Map<string, Seen>();

  /** Of one object as an answer; lists, tables and Status have no version of an object. */
  differences(recorded: Json, ours: Json): Difference[] {
    const [left, right] = [identityOf(recorded), identityOf(ours)];
    if (!left || !right) return [];
    const before = this.#seen.get(left.uid);
    this.#seen.set(left.uid, { recorded: left.version, ours: right.version });
    if (before === undefined) return [];
    const expected = before.recorded === left.version;
    const got = before.ours === right.version;
    if (expected === got) return [];
    const word = (kept: boolean): string => (kept ? 'as before' : 'changed');
    return [{ path: '/body/metadata/resourceVersion', recorded: word(expected), ours: word(got) }];
  }
}

function identityOf(value: Json): { uid: string; version: string } | undefined {
  if (!isObject(value) || !isObject(value.metadata)) return undefined;
  const { uid, resourceVersion: version } = value.metadata;
  return typeof uid === 'string' && typeof version === 'string' ? { uid, version } : undefined;
}
