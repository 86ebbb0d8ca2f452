/** The initial value of a 32-bit FNV-1a hash. */
export const FNV1A_OFFSET = 0x811c9dc5;
const PRIME = 0x01000193;

/** 32-bit FNV-1a of bytes. `from` is the hash of the bytes before them. */
export function fnv1aOfBytes(bytes: Uint8Array, from = FNV1A_OFFSET): number {
  let hash = from;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, PRIME) >>> 0;
  return hash;
}

/**
 * 32-bit FNV-1a over the UTF-16 units of a text. It encodes nothing, so it suits keys that are hashed on every event.
 * For ASCII text, such as names of objects, it equals the hash of the text's bytes.
 */
export function fnv1aOfText(text: string, from = FNV1A_OFFSET): number {
  let hash = from;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), PRIME) >>> 0;
  return hash;
}
