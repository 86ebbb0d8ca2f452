import { SHARD_COUNT } from '@everynode/store';

/** The shard that a key belongs to: FNV-1a, so that every replica and every release gives the same answer. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % SHARD_COUNT;
}
