/** The characters in strings that Go's encoder escapes and JSON does not require to be escaped. */
const GO_ESCAPES: Record<string, string> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

/**
 * Compact JSON with sorted keys and Go's escapes. Equal values become equal bytes, the same that upstream's clients
 * expect.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${canonicalString(key)}:${canonicalJson(field)}`);
    return `{${fields.join(',')}}`;
  }
  return typeof value === 'string' ? canonicalString(value) : JSON.stringify(value);
}

const canonicalString = (text: string): string =>
  JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => GO_ESCAPES[character] ?? character);
