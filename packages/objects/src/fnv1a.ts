const OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** 32-bit FNV-1a of bytes, going on from another hash. */
export function fnv1a(bytes: Uint8Array, from = OFFSET): number {
  let hash = from;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME) >>> 0;
  return hash;
}

/** 32-bit FNV-1a of a text in UTF-8. */
export function fnv1aOf(text: string): number {
  return fnv1a(new TextEncoder().encode(text));
}
