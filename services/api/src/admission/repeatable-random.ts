import { createHash } from 'node:crypto';

const BYTES = 6;

/**
 * Random numbers from 0 (inclusive) to 1 (exclusive), the same ones for the same seed: a write may be decided several
 * times, and what is written has to be what its webhooks have been asked about. The uid of the object makes them differ
 * from those of others.
 */
export function repeatableRandom(...seed: readonly string[]): () => number {
  let drawn = 0;
  return () => {
    drawn += 1;
    const hash = createHash('sha256')
      .update([...seed, drawn].join('/'))
      .digest();
    return hash.readUIntBE(0, BYTES) / 2 ** (8 * BYTES);
  };
}
