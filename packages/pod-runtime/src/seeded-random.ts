import { FNV1A_OFFSET, fnv1aOfText, seededWords } from '@everynode/objects';

/** Returns numbers from 0 (inclusive) to 1 (exclusive), the same ones for the same seed. */
export function seededRandom(seed: number): () => number {
  const next = seededWords(seed);
  return () => next() / 2 ** 32;
}

/** A seed from a text and a number. */
export function seedOf(text: string, seed: number): number {
  return fnv1aOfText(text, (FNV1A_OFFSET ^ seed) >>> 0);
}

/** 64 hexadecimal digits, always the same ones for a text. They look like a digest and cost a tenth of one. */
export function hexOf(text: string): string {
  const next = seededWords(seedOf(text, 0));
  let hex = '';
  for (let i = 0; i < 8; i += 1) hex += next().toString(16).padStart(8, '0');
  return hex;
}
