/** Messages of Go's JSON decoder, by the beginning of V8's message for the same mistake. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^Unexpected token/, 'looking for beginning of value'],
  [/^Expected property name/, 'looking for beginning of object key string'],
  [/^Expected double-quoted property name/, 'looking for beginning of object key string'],
  [/^Expected ':'/, 'after object key'],
  [/^Expected ',' or '}'/, 'after object key:value pair'],
  [/^Expected ',' or '\]'/, 'after array element'],
  [/^Unexpected non-whitespace/, 'after top-level value'],
  [/^Bad control character/, 'in string literal'],
  [/^Bad escaped character/, 'in string escape code'],
];

/** Returns the message of Go's decoder for a JSON text that JSON.parse refused. */
export function jsonErrorMessage(text: string, error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const literal = literalFault(text);
  if (literal !== undefined) return literal;
  const found = WORDS.find(([pattern]) => pattern.test(message));
  const at = / position (\d+)/.exec(message)?.[1];
  const character = at === undefined ? /^Unexpected token '(.)'/u.exec(message)?.[1] : text[Number(at)];
  if (!found || character === undefined) return 'unexpected end of JSON input';
  return `invalid character '${shownByte(character)}' ${found[1]}`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  "'": "\\'",
  '\\': '\\\\',
};

/** Go's decoder reads bytes, and shows the first one of a character as strconv.Quote does. */
function shownByte(character: string): string {
  const byte = Buffer.from(character)[0] ?? 0;
  const text = String.fromCharCode(byte);
  if (text in ESCAPES) return ESCAPES[text] as string;
  const code = byte.toString(16).padStart(2, '0');
  if (byte < 0x20 || byte === 0x7f) return `\\x${code}`;
  return byte >= 0x80 && byte <= 0xa0 ? `\\u00${code}` : text;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[\s{}[\],:0-9.eE+-]+|[a-z]+/y;

/** A word that begins as one of JSON's and goes on as another: Go says which letter it expected. */
function literalFault(text: string): string | undefined {
  TOKEN.lastIndex = 0;
  for (let match = TOKEN.exec(text); match; match = TOKEN.exec(text)) {
    const [token] = match;
    const whole = ['null', 'true', 'false'].find((word) => word[0] === token[0]);
    if (!whole || token === whole) continue;
    const rest = text.slice(match.index);
    const at = [...whole].findIndex((letter, index) => rest[index] !== letter);
    if (at < 0) continue;
    const found = rest[at];
    if (found === undefined) return undefined;
    return `invalid character '${shownByte(found)}' in literal ${whole} (expecting '${whole[at]}')`;
  }
  return undefined;
}
