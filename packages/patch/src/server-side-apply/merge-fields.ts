import { emptyMap, isMap, type JsonMap, member } from '../json.js';
import type { Atom, ItemsAtom } from './atom.js';

/**
 * Merges `config` into `live`: fields of the configuration win, the rest stays. A null does not remove a list or map.
 * Source: structured-merge-diff, typed/merge.go.
 */
export function mergeFields(live: unknown, config: unknown, atom: Atom): unknown {
  if (config === undefined) return live;
  if (atom.kind === 'leaf' || live === undefined) return config;
  if (atom.kind === 'items') {
    if (isNoList(live) && isNoList(config)) return config;
    return mergeItems(Array.isArray(live) ? live : [], Array.isArray(config) ? config : [], atom);
  }
  if (!isMap(live) || !isMap(config)) return isMap(live) && config === null ? live : config;
  const merged: JsonMap = Object.assign(emptyMap(), live);
  for (const [key, value] of Object.entries(config)) {
    merged[key] = mergeFields(member(live, key), value, atom.member(key));
  }
  return merged;
}

const isNoList = (value: unknown): boolean => !Array.isArray(value) || value.length === 0;

/**
 * Items are in the order of the configuration. An item of only `live` comes before the configuration's items that it
 * preceded. Items of `live` that repeat a key are not merged with one of the configuration.
 */
function mergeItems(live: readonly unknown[], config: readonly unknown[], { step, item }: ItemsAtom): unknown[] {
  const [left, right] = [live.map(step), config.map(step)];
  const wanted = new Set(right);
  const known = new Map<string, unknown>();
  left.forEach((one, at) => {
    known.set(one, known.has(one) ? undefined : live[at]);
  });
  const shared = right.filter((one) => known.has(one));
  const out: unknown[] = [];
  const done = new Set<string>();
  let nth = 0;
  const take = (one: string, value: unknown): void => {
    done.add(one);
    out.push(mergeFields(known.get(one), value, item));
  };
  for (let l = 0, r = 0; l < left.length || r < right.length; ) {
    const [mine, theirs] = [left[l], right[r]];
    if (mine !== undefined && mine === theirs) {
      take(mine, config[r]);
      l += 1;
      r += 1;
      nth += 1;
      continue;
    }
    const next = shared[nth];
    if (mine !== undefined && theirs !== undefined && wanted.has(mine) && next !== undefined && next !== mine) {
      // A shared item, but not the one that comes next.
      l += 1;
      continue;
    }
    if (mine !== undefined) {
      if (!wanted.has(mine)) {
        out.push(live[l]);
        l += 1;
        continue;
      }
      if (done.has(mine)) l += 1;
    }
    if (theirs !== undefined) {
      take(theirs, config[r]);
      r += 1;
      if (shared[nth] === theirs) nth += 1;
    }
  }
  return out;
}
