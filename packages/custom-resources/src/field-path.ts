import { propertyOf, type Schema } from './schema.js';

/** Where a path of a rule or of a selectable field leads: the path as errors show it, and its schema; or its fault. */
export type FoundPath =
  | { path: string; steps: readonly string[]; schema: Schema; fault?: undefined }
  | { fault: string };

const TOKEN = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]']+|'/g;
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
};
const NO_FIELD = 'does not refer to a valid field';
const ENDS = 'unexpected end of JSON path';

/**
 * Follows a path of fields through a schema: `.spec.foo`, `.spec['a.b']`.
 * Source: apiextensions-apiserver pkg/apiserver/schema/cel/validation.go, ValidFieldPath.
 */
export function fieldPath(text: string, root: Schema, allowsBrackets = true): FoundPath {
  const tokens = text.match(TOKEN) ?? [];
  const steps: string[] = [];
  let path = '';
  let schema = root;
  let at = 0;
  const next = (): string | undefined => tokens[at++];
  for (let token = next(); token !== undefined; token = next()) {
    if (token === '[' && !allowsBrackets) return { fault: 'array notation is not allowed' };
    if (token !== '[' && token !== '.') return { fault: `expected [ or . but got: ${token}` };
    const name = next();
    if (name === undefined) return { fault: ENDS };
    const read = token === '.' ? { name } : unquoted(name);
    if ('fault' in read) return read;
    const { properties, additionalProperties } = schema;
    if (properties) {
      const member = propertyOf(properties, read.name);
      if (!member) return { fault: NO_FIELD };
      schema = member;
      path += path === '' ? read.name : `.${read.name}`;
    } else if (typeof additionalProperties === 'object') {
      schema = additionalProperties;
      path += `[${read.name}]`;
    } else return { fault: NO_FIELD };
    steps.push(read.name);
    if (token === '.') continue;
    const end = next();
    if (end !== ']') return { fault: end === undefined ? ENDS : `expected ] but got ${end}` };
  }
  return { path, steps, schema };
}

function unquoted(token: string): { name: string } | { fault: string } {
  if (token.length < 2 || !token.startsWith("'") || !token.endsWith("'")) {
    return { fault: `expected single quoted string but got ${token}` };
  }
  let wrong: string | undefined;
  const name = token.slice(1, -1).replace(/\\(.)/gs, (pair, letter: string) => {
    if (!Object.hasOwn(ESCAPES, letter)) wrong ??= pair;
    return ESCAPES[letter] ?? '';
  });
  return wrong === undefined ? { name } : { fault: `invalid string literal: invalid escape char ${wrong}` };
}
