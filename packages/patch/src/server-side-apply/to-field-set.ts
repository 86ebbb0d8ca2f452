import { isMap } from '../json.js';
import { type Atom, atomFor, type FieldsAtom, type ItemsAtom } from './atom.js';
import { FieldSet, NO_FIELDS, ONE_FIELD } from './field-set.js';

/** All paths that a configuration sets. Source: structured-merge-diff, typed/tofieldset.go. */
export function toFieldSet(value: unknown, declared: Atom): FieldSet {
  const atom = atomFor(declared, value);
  if (atom.kind === 'leaf') return ONE_FIELD;
  if (atom.kind === 'items') return itemsOf(value, atom);
  return isMap(value) ? membersOf(value, atom) : NO_FIELDS;
}

function membersOf(value: Record<string, unknown>, atom: FieldsAtom): FieldSet {
  return FieldSet.of(
    false,
    Object.entries(value).map(([key, inner]): [string, FieldSet] => {
      const below = toFieldSet(inner, atom.member(key));
      const isBare = inner === null || (isMap(inner) && Object.keys(inner).length === 0);
      return [`f:${key}`, isBare || !atom.isNamed(key) ? below.asMember() : below];
    }),
  );
}

/** Of items with the same step, only that there are some is in the set. */
function itemsOf(value: unknown, { step, item }: ItemsAtom): FieldSet {
  if (!Array.isArray(value)) return NO_FIELDS;
  const below = new Map<string, FieldSet>();
  for (const each of value as unknown[]) {
    const one = step(each);
    below.set(one, below.has(one) ? ONE_FIELD : toFieldSet(each, item).asMember());
  }
  return FieldSet.of(false, below);
}
