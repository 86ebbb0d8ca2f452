import { isMap, type JsonMap, member } from '../json.js';
import { type Atom, atomFor, type FieldsAtom, type ItemsAtom } from './atom.js';
import { FieldSet, NO_FIELDS, ONE_FIELD } from './field-set.js';
import { isSameValue } from './same-value.js';

/** Paths by what happened to them. No path is in two of the sets. */
export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

const SAME: Comparison = { added: NO_FIELDS, modified: NO_FIELDS, removed: NO_FIELDS };

/**
 * The paths that were added, modified and removed between two objects as Go has them: a struct that is no pointer is
 * there without being written. Source: structured-merge-diff, typed/compare.go.
 */
export function compareFields(before: unknown, after: unknown, declared: Atom): Comparison {
  if (before === after) return SAME;
  const atom = atomFor(declared, before, after);
  if (atom.kind === 'leaf' || (isEmpty(before, atom) && isEmpty(after, atom))) return compareLeaves(before, after);
  const parts =
    atom.kind === 'fields' ? compareMembers(before, after, atom) : compareItems(asList(before), asList(after), atom);
  return parts.joined(before === undefined, after === undefined);
}

function compareLeaves(before: unknown, after: unknown): Comparison {
  if (before === undefined) return { ...SAME, added: ONE_FIELD };
  if (after === undefined) return { ...SAME, removed: ONE_FIELD };
  return isSameValue(before, after) ? SAME : { ...SAME, modified: ONE_FIELD };
}

type Steps = [step: string, set: FieldSet][];

/** The steps of one level at which something has changed. */
class Parts {
  #isEmpty = true;
  readonly #added: Steps = [];
  readonly #modified: Steps = [];
  readonly #removed: Steps = [];

  add(step: string, { added, modified, removed }: Comparison): void {
    this.#isEmpty = false;
    this.#added.push([step, added]);
    this.#modified.push([step, modified]);
    this.#removed.push([step, removed]);
  }

  joined(isNew: boolean, isGone: boolean): Comparison {
    if (!isNew && !isGone && this.#isEmpty) return SAME;
    return {
      added: FieldSet.of(isNew, this.#added),
      modified: FieldSet.of(false, this.#modified),
      removed: FieldSet.of(isGone, this.#removed),
    };
  }
}

/** True for null, nothing, an empty list or map, and a struct that has no field in Go either. */
function isEmpty(value: unknown, atom: FieldsAtom | ItemsAtom): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  if (!isMap(value)) return false;
  if (atom.kind === 'fields' && atom.missing.length > 0) return false;
  for (const _key in value) return false;
  return true;
}

const asMap = (value: unknown): JsonMap | undefined => (isMap(value) ? value : undefined);
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function compareMembers(before: unknown, after: unknown, atom: FieldsAtom): Parts {
  const parts = new Parts();
  const [left, right] = [asMap(before), asMap(after)];
  const compare = (key: string, was: unknown, is: unknown): void => {
    if (was === is) return;
    const part = compareFields(was, is, atom.member(key));
    if (part !== SAME) parts.add(`f:${key}`, part);
  };
  for (const [key, value] of atom.missing) {
    const [was, is] = [left && (left[key] ?? value), right && (right[key] ?? value)];
    compare(key, was, is);
  }
  const isMissing = (key: string): boolean => atom.missing.some(([name]) => name === key);
  for (const key of Object.keys(left ?? {})) {
    if (!isMissing(key)) compare(key, left?.[key], right && member(right, key));
  }
  for (const key of Object.keys(right ?? {})) {
    if (!isMissing(key) && (!left || !Object.hasOwn(left, key))) compare(key, undefined, right?.[key]);
  }
  return parts;
}

/** Items with the same step are compared as one list. */
function compareItems(before: readonly unknown[], after: readonly unknown[], { step, item }: ItemsAtom): Parts {
  const parts = new Parts();
  const [left, right] = [byStep(before, step), byStep(after, step)];
  const add = (one: string, part: Comparison): void => {
    if (part !== SAME) parts.add(one, part);
  };
  const compare = (one: string, was: unknown[], is: unknown[]): void => {
    if (was.length <= 1 && is.length <= 1) add(one, compareFields(was[0], is[0], item));
    else if (was.length > 1 && is.length > 1) {
      if (!isSameValue(was, is)) parts.add(one, { ...SAME, modified: ONE_FIELD });
    } else if (was.length > 1) {
      const part = is.length === 0 ? SAME : compareFields(undefined, is[0], item);
      parts.add(one, { ...part, removed: part.removed.union(ONE_FIELD) });
    } else {
      const part = was.length === 0 ? SAME : compareFields(was[0], undefined, item);
      parts.add(one, { ...part, added: part.added.union(ONE_FIELD) });
    }
  };
  for (const [one, was] of left) compare(one, was, right.get(one) ?? []);
  for (const [one, is] of right) if (!left.has(one)) compare(one, [], is);
  return parts;
}

function byStep(items: readonly unknown[], step: (item: unknown) => string): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of items) {
    const one = step(item);
    const others = found.get(one);
    if (others) others.push(item);
    else found.set(one, [item]);
  }
  return found;
}
