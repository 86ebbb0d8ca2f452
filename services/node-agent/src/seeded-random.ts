/** Numbers from 0 up to 1 that come out the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  const next = seededWords(seed);
  return () => next() / 2 ** 32;
}

/** The same as whole numbers of 32 bits. */
function seededWords(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return (value ^ (value >>> 14)) >>> 0;
  };
}

/** A seed from text and a number: FNV-1a. */
export function seedOf(text: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash;
}

/** 64 hexadecimal digits that are the text's and stay so: looks like a digest, and costs a tenth of one. */
export function hexOf(text: string): string {
  const next = seededWords(seedOf(text, 0));
  let hex = '';
  for (let i = 0; i < 8; i += 1) hex += next().toString(16).padStart(8, '0');
  return hex;
}
