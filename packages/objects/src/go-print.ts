/** Escapes of Go's quotes that JSON does not have, by their code. */
const SHORT: Readonly<Record<string, string>> = { '0007': '\\a', '000b': '\\v' };

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** What Go takes for unprintable: everything but letters, marks, numbers, punctuation, symbols and the blank. */
const UNPRINTABLE = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** A text between quotes, as Go's strconv.Quote writes it. */
export function goQuoted(text: string): string {
  return (
    JSON.stringify(text)
      // Escapes are read from the left, one by one: a backslash of the text is two, and what follows it is text.
      .replace(/\\(?:u(00[01][0-9a-f])|.)/g, (written, code?: string) =>
        code === undefined ? written : (SHORT[code] ?? `\\x${code.slice(2)}`),
      )
      .replace(UNPRINTABLE, escaped)
  );
}

/** JSON as Go writes it: without the characters that HTML gives a meaning. */
export const goJson = (value: unknown): string =>
  JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (character) => `\\u${hex(character.charCodeAt(0), 4)}`);
