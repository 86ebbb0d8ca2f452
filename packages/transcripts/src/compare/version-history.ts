import { isObject, type Json } from '../exchange.js';
import type { Difference } from './difference.js';

interface Seen {
  recorded: string;
  ours: string;
}

/**
 * Compares whether requests changed an object. Versions may be any numbers; but where one side's version is the same as
 * in the answer before, the other side's must be the same, too.
 */
export class VersionHistory {
  readonly #seen = new Map<string, Seen>();

  /** Compares an answer with the one before on the same object. Lists, tables and Status have no object's version. */
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
