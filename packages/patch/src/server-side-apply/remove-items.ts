import { emptyMap, isMap, type JsonMap } from '../json.js';
import { type Atom, atomFor, type FieldsAtom, type ItemsAtom } from './atom.js';
import type { FieldSet } from './field-set.js';

/**
 * A value without the fields and items in `gone`. A path removes all that is below it. Undefined when nothing is left.
 * Source: structured-merge-diff, typed/remove.go.
 */
export function removeItems(value: unknown, gone: FieldSet, declared: Atom): unknown {
  if (gone.below.size === 0) return value;
  const atom = atomFor(declared, value);
  if (atom.kind === 'leaf') return typeof value === 'object' ? undefined : value;
  return atom.kind === 'items' ? withoutItems(value, gone, atom) : withoutMembers(value, gone, atom);
}

function withoutItems(value: unknown, gone: FieldSet, { step, item }: ItemsAtom): unknown {
  if (!Array.isArray(value)) return undefined;
  const left = (value as unknown[]).flatMap((each) => {
    const below = gone.at(step(each));
    return below.member ? [] : [removeItems(each, below, item)];
  });
  return left.length > 0 ? left : undefined;
}

function withoutMembers(value: unknown, gone: FieldSet, atom: FieldsAtom): unknown {
  if (!isMap(value)) return undefined;
  const left: JsonMap = emptyMap();
  for (const [key, inner] of Object.entries(value)) {
    const below = gone.at(`f:${key}`);
    if (!below.member) left[key] = removeItems(inner, below, atom.member(key)) ?? null;
  }
  return Object.keys(left).length > 0 ? left : undefined;
}
