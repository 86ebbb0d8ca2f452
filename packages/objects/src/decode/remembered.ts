const MAX_RESULTS = 2000;
/** Longer texts are computed each time: a client chooses them, and memory stays bounded. */
const MAX_LENGTH = 40;

/**
 * The same function, with its last results at hand: objects of one moment have the same times, and pods of one template
 * the same quantities. `compute` must be pure. What it throws is not remembered.
 */
export function remembered(compute: (text: string) => string): (text: string) => string {
  const results = new Map<string, string>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = compute(text);
    if (text.length <= MAX_LENGTH) {
      if (results.size >= MAX_RESULTS) results.clear();
      results.set(text, result);
    }
    return result;
  };
}
