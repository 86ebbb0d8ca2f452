import type { FieldFacts } from '@everynode/objects';
import { emptyMap, type JsonMap, member } from '../json.js';
import type { FieldSet } from './field-set.js';
import { shapeOf } from './field-shape.js';

/**
 * Merges `config` into `live`: fields of the configuration win, the rest stays. Source: structured-merge-diff,
 * typed/merge.go.
 */
export function mergeFields(live: unknown, config: unknown, facts: FieldFacts | undefined): unknown {
  if (config === undefined) return live;
  if (live === undefined || live === null) return config;
  const [was, wanted] = [shapeOf(facts, live), shapeOf(facts, config)];
  if (was.kind === 'map' && wanted.kind === 'map') {
    const merged: JsonMap = Object.assign(emptyMap(), live);
    for (const [key, value] of Object.entries(config as JsonMap)) {
      merged[key] = mergeFields(member(merged, key), value, wanted.member(key));
    }
    return merged;
  }
  if (was.kind === 'items' && wanted.kind === 'items') {
    return mergeItems(live as unknown[], config as unknown[], wanted.step, wanted.item);
  }
  return config;
}

/**
 * Items are in the order of the configuration. An item of only `live` comes before the configuration's items that it
 * preceded.
 */
function mergeItems(live: unknown[], config: unknown[], step: (item: unknown) => string, facts: FieldFacts): unknown[] {
  const wanted = new Set(config.map(step));
  const places = new Map(live.map((item, at) => [step(item), at]));
  const merged: unknown[] = [];
  let next = 0;
  const takeOthers = (until: number): void => {
    for (; next < until; next += 1) if (!wanted.has(step(live[next]))) merged.push(live[next]);
  };
  const nextShared = (): number => {
    const at = live.findIndex((item, place) => place >= next && wanted.has(step(item)));
    return at < 0 ? live.length : at;
  };
  for (const item of config) {
    takeOthers(nextShared());
    const at = places.get(step(item));
    if (at !== undefined) takeOthers(at);
    merged.push(at === undefined ? item : mergeFields(live[at], item, facts));
    if (at === next) next += 1;
  }
  takeOthers(live.length);
  return merged;
}

/**
 * Removes the paths in `gone` with everything below them, except what a manager in `kept` still owns. Undefined when
 * nothing is left. Source: structured-merge-diff, merge/update.go, prune.
 */
export function removeFields(value: unknown, gone: FieldSet, kept: FieldSet, facts: FieldFacts | undefined): unknown {
  if (gone.isEmpty) return value;
  const shape = shapeOf(facts, value);
  // Labels, taints and the like may hold entries of the system, which no manager owns.
  const shared = shape.kind === 'items' || (shape.kind === 'map' && shape.free);
  if (kept.isEmpty && !shared) return undefined;
  if (shape.kind === 'leaf') return value;
  if (shape.kind === 'items') {
    const items = (value as unknown[]).flatMap((item) => {
      const step = shape.step(item);
      const left = removeFields(item, gone.at(step), kept.at(step), shape.item);
      return left === undefined ? [] : [left];
    });
    return items.length > 0 || !kept.isEmpty ? items : undefined;
  }
  const left = emptyMap();
  for (const [key, inner] of Object.entries(value as JsonMap)) {
    const step = `f:${key}`;
    const rest = removeFields(inner, gone.at(step), kept.at(step), shape.member(key));
    if (rest !== undefined) left[key] = rest;
  }
  return Object.keys(left).length > 0 || !kept.isEmpty ? left : undefined;
}
