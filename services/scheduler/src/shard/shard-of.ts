import { fnv1aOfText } from '@everynode/objects';
import { SHARD_COUNT } from '@everynode/store';

/** The shard of a key: by FNV-1a, so that every replica and every release puts the key into the same shard. */
export const shardOf = (key: string): number => fnv1aOfText(key) % SHARD_COUNT;
