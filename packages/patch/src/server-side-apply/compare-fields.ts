import { canonicalJson, type FieldFacts } from '@everynode/objects';
import { type JsonMap, member } from '../json.js';
import { FieldSet } from './field-set.js';
import { shapeOf } from './field-shape.js';

/** All paths that a value sets. Source: structured-merge-diff, typed/tofieldset.go. */
export function fieldsOf(value: unknown, facts: FieldFacts | undefined): FieldSet {
  const shape = shapeOf(facts, value);
  if (shape.kind === 'leaf') return FieldSet.LEAF;
  if (shape.kind === 'items') {
    const items = (value as unknown[]).map((item): [string, FieldSet] => {
      const below = fieldsOf(item, shape.item);
      return [shape.step(item), FieldSet.LEAF.union(below)];
    });
    return FieldSet.of(false, items);
  }
  const members = Object.entries(value as JsonMap).map(([key, inner]): [string, FieldSet] => {
    const below = fieldsOf(inner, shape.member(key));
    const empty = below.isEmpty && !(Array.isArray(inner) && inner.length === 0);
    return [`f:${key}`, empty || shape.free ? FieldSet.LEAF.union(below) : below];
  });
  return FieldSet.of(false, members);
}

/** Paths by what became of them. */
export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

const SAME: Comparison = { added: FieldSet.EMPTY, modified: FieldSet.EMPTY, removed: FieldSet.EMPTY };

/** What was added, modified and removed between two objects of a type. Source: structured-merge-diff, typed/compare.go. */
export function compareFields(before: unknown, after: unknown, facts: FieldFacts | undefined): Comparison {
  if (before === undefined && after === undefined) return SAME;
  if (before === undefined) return { ...SAME, added: FieldSet.LEAF.union(fieldsOf(after, facts)) };
  if (after === undefined) return { ...SAME, removed: FieldSet.LEAF.union(fieldsOf(before, facts)) };
  const [was, is] = [shapeOf(facts, before), shapeOf(facts, after)];
  if (was.kind === 'map' && is.kind === 'map') {
    const [left, right] = [before as JsonMap, after as JsonMap];
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return joined(
      [...keys].map((key) => [`f:${key}`, compareFields(member(left, key), member(right, key), is.member(key))]),
    );
  }
  if (was.kind === 'items' && is.kind === 'items') {
    const [left, right] = [byStep(before as unknown[], was.step), byStep(after as unknown[], is.step)];
    const steps = new Set([...left.keys(), ...right.keys()]);
    return joined([...steps].map((step) => [step, compareFields(left.get(step), right.get(step), is.item)]));
  }
  return canonicalJson(before) === canonicalJson(after) ? SAME : { ...SAME, modified: FieldSet.LEAF };
}

const byStep = (items: unknown[], step: (item: unknown) => string): Map<string, unknown> =>
  new Map(items.map((item) => [step(item), item]));

function joined(parts: [step: string, part: Comparison][]): Comparison {
  const pick = (which: keyof Comparison): FieldSet =>
    FieldSet.of(
      false,
      parts.map(([step, part]): [string, FieldSet] => [step, part[which]]),
    );
  return { added: pick('added'), modified: pick('modified'), removed: pick('removed') };
}
