/** The words that cannot be names in the language. Source: apiserver pkg/cel/escaping.go. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);
const IDENTIFIER = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The name of a property in expressions; undefined for one that no expression can name. */
export function escaped(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`;
  const text = name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
  return IDENTIFIER.test(text) ? text : undefined;
}
