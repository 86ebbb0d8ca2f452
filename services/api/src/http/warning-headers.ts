/** In characters: the limit of each warning where all together are longer than the second limit. */
const MAX_ONE = 256;
const MAX_ALL = 4096;

const quoted = (text: string): string => `299 - "${text.replace(/[\\"]/g, String.raw`\$&`)}"`;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a header cannot carry
const CONTROL = /[\u0000-\u001f\u007f]+/g;

/**
 * Values of Warning headers (RFC 7234): each text once, in order. Too much text is cut, and then left out. Headers
 * carry bytes, so text is written as UTF-8. Source: apiserver endpoints/filters/warning.go.
 */
export function warningHeaders(texts: readonly string[]): string[] {
  const distinct = [...new Set(texts.map((text) => text.replace(CONTROL, ' ').trim()))];
  const total = distinct.reduce((sum, { length }) => sum + length, 0);
  const headers: string[] = [];
  let length = 0;
  for (const text of distinct) {
    const shown = total > MAX_ALL && text.length > MAX_ONE ? text.slice(0, MAX_ONE) : text;
    if (length + shown.length > MAX_ALL) break;
    length += shown.length;
    headers.push(Buffer.from(quoted(shown)).toString('latin1'));
  }
  return headers;
}
