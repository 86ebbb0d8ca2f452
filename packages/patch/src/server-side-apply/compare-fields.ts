import { canonicalJson, type FieldFacts } from '@everynode/objects';
import { type JsonMap, member } from '../json.js';
import { FieldSet, NO_FIELDS, ONE_FIELD } from './field-set.js';
import { shapeOf } from './field-shape.js';

/**
 * All paths that a value sets. With `maps` it includes the maps with free keys themselves: updates own them, appliers
 * do not. Source: structured-merge-diff, typed/tofieldset.go.
 */
export function fieldsOf(value: unknown, facts: FieldFacts | undefined, maps = false): FieldSet {
  const shape = shapeOf(facts, value);
  if (shape.kind === 'leaf') return ONE_FIELD;
  if (shape.kind === 'items') {
    const items = (value as unknown[]).map((item): [string, FieldSet] => {
      const below = fieldsOf(item, shape.item, maps);
      return [shape.step(item), ONE_FIELD.union(below)];
    });
    return FieldSet.of(false, items);
  }
  const members = Object.entries(value as JsonMap).map(([key, inner]): [string, FieldSet] => {
    const below = fieldsOf(inner, shape.member(key), maps);
    const empty = below.isEmpty && !(Array.isArray(inner) && inner.length === 0);
    return [`f:${key}`, empty || shape.free ? ONE_FIELD.union(below) : below];
  });
  return FieldSet.of(maps && shape.free, members);
}

/** Paths by what happened to them. */
interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

const SAME: Comparison = { added: NO_FIELDS, modified: NO_FIELDS, removed: NO_FIELDS };

/**
 * The paths that were added, modified and removed between two objects of a type. Source: structured-merge-diff,
 * typed/compare.go.
 */
export function compareFields(before: unknown, after: unknown, facts: FieldFacts | undefined): Comparison {
  if (before === undefined && after === undefined) return SAME;
  if (before === undefined) return { ...SAME, added: wholeOf(after, facts) };
  if (after === undefined) return { ...SAME, removed: ONE_FIELD.union(wholeOf(before, facts)) };
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
    const parts = joined([...steps].map((step) => [step, compareFields(left.get(step), right.get(step), is.item)]));
    const items = FieldSet.of(
      false,
      [...right.keys()].filter((step) => !left.has(step)).map((step): [string, FieldSet] => [step, ONE_FIELD]),
    );
    return { ...parts, added: parts.added.union(items) };
  }
  return canonicalJson(before) === canonicalJson(after) ? SAME : { ...SAME, modified: ONE_FIELD };
}

/** A value that was added or removed as a whole. */
function wholeOf(value: unknown, facts: FieldFacts | undefined): FieldSet {
  const fields = fieldsOf(value, facts, true);
  return fields.isEmpty ? ONE_FIELD : fields;
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
