/** Most bytes of a message's body, so that it fits a server with the default limit of 1 MiB. */
const MAX_BODY_BYTES = 700_000;
/** An object above this, in bytes, goes by no message at all: readers see the hole and read it from the journal. */
const MAX_OBJECT_BYTES = 900_000;

/** Cuts texts into runs that fit a message each. `from` is the index of a run's first text. */
export function chunksBySize(texts: readonly string[]): { from: number; texts: string[] }[] {
  const chunks: { from: number; texts: string[] }[] = [];
  let size = 0;
  let next = 0;
  texts.forEach((text, index) => {
    const length = Buffer.byteLength(text);
    if (length > MAX_OBJECT_BYTES) return;
    const current = chunks.at(-1);
    if (!current || index !== next || size + length > MAX_BODY_BYTES) {
      chunks.push({ from: index, texts: [text] });
      size = length;
    } else {
      current.texts.push(text);
      size += length;
    }
    next = index + 1;
  });
  return chunks;
}
