import { isMap, isPair, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from 'yaml';
import { ApiError } from '../api-error.js';
import { checkYaml, MAX_DEPTH } from './body-size.js';
import { isJsonObject } from './canonical-value.js';
import { type DecodeError, jsonKind } from './decode-error.js';
import { jsonErrorMessage } from './json-error-message.js';
import { integerFault, strictJsonErrors } from './strict-json.js';
import { unknownFields } from './unknown-fields.js';

/** What strict decoding refuses. Both lists hold the same findings: worded for one error, and for a warning each. */
export interface StrictErrors {
  errors: string[];
  warnings: string[];
}

/** A parsed body. `strict` reads the text a second time; without a schema it finds only duplicate fields. */
export interface ParsedBody {
  value: unknown;
  strict(schema?: string): StrictErrors;
  /** The error of an integer that the text writes as another number: `5.0`, `1e2`. The value does not show it. */
  integerFault?(schema: string): DecodeError | undefined;
}

/** Limit on the nodes that the aliases of a YAML body expand to, so that a short text cannot become a huge value. */
const MAX_ALIASES = 100;

/**
 * Reads the body of a request. `kind` is what the body should have been, for error messages; without it the body may be
 * any value, as a patch is.
 * @throws ApiError BadRequest when it is no JSON, or no YAML document, RequestEntityTooLarge for too much YAML.
 */
export function parseBody(text: string, format: 'json' | 'yaml', kind = ''): ParsedBody {
  return format === 'json' ? parseJson(text, kind) : parseYaml(text, kind);
}

/**
 * Returns the value of a JSON text.
 * @throws SyntaxError with the message of Go's decoder.
 */
export function parseJsonText(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(jsonErrorMessage(text, error), { cause: error });
  }
  if (isTooDeep(text, value, JSON_LEVELS))
    throw new SyntaxError(`invalid character '${deepest(text)}' exceeded max depth`);
  return value;
}

const NO_HEADER =
  String.raw`json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; ` +
  String.raw`Kind string "json:\"kind,omitempty\"" }`;

/** What upstream finds wrong with kind and version when it looks for these two alone. */
function headerFault(value: unknown): string | undefined {
  const wrong = (message: string): string => `couldn't get version/kind; json parse error: ${message}`;
  if (Array.isArray(value)) return wrong(NO_HEADER);
  if (!isJsonObject(value)) return undefined;
  for (const field of ['kind', 'apiVersion']) {
    const found = value[field];
    if (typeof found === 'string' || found === undefined || found === null) continue;
    return wrong(`json: cannot unmarshal ${jsonKind(found)} into Go struct field .${field} of type string`);
  }
  const { apiVersion } = value;
  if (typeof apiVersion !== 'string' || apiVersion.split('/').length <= 2) return undefined;
  return `unexpected GroupVersion string: ${apiVersion}`;
}

function parseJson(text: string, kind: string): ParsedBody {
  const refuse = (message: string, cause?: unknown): ApiError =>
    unrecognized(kind, `couldn't get version/kind; json parse error: ${message}`, text, cause);
  let value: unknown;
  try {
    value = parseJsonText(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw refuse(error.message, error);
    throw error;
  }
  const header = kind === '' ? undefined : headerFault(value);
  if (header !== undefined) throw unrecognized(kind, header, text, undefined);
  return {
    value,
    strict: (schema) => {
      const errors = strictJsonErrors(text, schema);
      return { errors, warnings: errors };
    },
    integerFault: (schema) => integerFault(text, schema),
  };
}

function parseYaml(text: string, kind: string): ParsedBody {
  const refuse = (cause: unknown): ApiError => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return unrecognized(kind, `error converting YAML to JSON: yaml: ${reason}`, text, cause);
  };
  try {
    checkYaml(text);
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw refuse(error);
  }
  const lines = new LineCounter();
  // YAML 1.1, where `yes` and `on` are booleans: kubectl and the API server read it so. Times stay text, as JSON has
  // none.
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    merge: true,
    lineCounter: lines,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !NOT_JSON.has(tag.tag)),
  });
  const [error] = document.errors;
  if (error) throw refuse(error);
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (error) {
    throw refuse(error);
  }
  if (isTooDeep(text, value, YAML_LEVELS)) throw refuse(new Error('exceeded max depth'));
  const header = kind === '' ? undefined : headerFault(value);
  if (header !== undefined) throw unrecognized(kind, header, text, undefined);
  return {
    value,
    strict: (schema) => {
      const doubled = doubledKeys(document.contents, lines);
      const unknown = schema === undefined ? [] : unknownFields(schema, value).map((path) => unknownField(path));
      const errors = doubled.length > 0 ? [`yaml: unmarshal errors:\n  ${doubled.join('\n  ')}`] : [];
      return { errors: [...errors, ...unknown], warnings: [...doubled, ...unknown] };
    },
  };
}

export const unknownField = (path: string): string => `unknown field ${JSON.stringify(path)}`;

const NOT_JSON: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:timestamp',
  'tag:yaml.org,2002:binary',
  'tag:yaml.org,2002:omap',
  'tag:yaml.org,2002:pairs',
  'tag:yaml.org,2002:set',
]);

/** Duplicate keys of mappings, worded as Go's YAML reader words them. */
function doubledKeys(node: ParsedNode | null, lines: LineCounter, found: string[] = []): string[] {
  if (isSeq(node)) {
    for (const item of node.items) doubledKeys(item as ParsedNode | null, lines, found);
  } else if (isMap(node)) {
    const seen = new Set<string>();
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      if (seen.has(key)) {
        const { line } = lines.linePos(pair.key.range?.[0] ?? 0);
        found.push(`line ${line}: key ${JSON.stringify(key)} already set in map`);
      }
      seen.add(key);
      doubledKeys(pair.value as ParsedNode | null, lines, found);
    }
  }
  return found;
}

/** The bracket that begins the first level that is too deep. */
function deepest(text: string): string {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{}\]]/g)) {
    if (token === '[' || token === '{') depth += 1;
    else if (token === ']' || token === '}') depth -= 1;
    if (depth > MAX_DEPTH) return token;
  }
  return '[';
}

/** The characters that begin a level. In YAML a dash or a colon does as well. */
const JSON_LEVELS = '[{';
const YAML_LEVELS = '[{-:';

/** A text that is short, or has few characters that begin a level, cannot be deep and is not checked. */
function isTooDeep(text: string, value: unknown, levels: string): boolean {
  if (text.length < 2 * MAX_DEPTH || !hasMany(levels, text)) return false;
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}

/** True for a text with more of these characters than levels may be. */
function hasMany(characters: string, text: string): boolean {
  let left = MAX_DEPTH;
  for (const character of characters) {
    for (let at = text.indexOf(character); at >= 0; at = text.indexOf(character, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}

const SHOWN_BYTES = 30;

/**
 * The message shows the beginning of the body, in hexadecimal unless it is JSON. Source: apiserver handlers/rest.go,
 * transformDecodeError.
 */
function unrecognized(kind: string, message: string, text: string, cause: unknown): ApiError {
  // Upstream reads the options of a deletion by itself, and answers with the decoder's own error.
  if (kind === 'DeleteOptions') return new ApiError('BadRequest', message, undefined, { cause });
  const bytes = Buffer.from(text);
  const beginning = text.startsWith('{')
    ? bytes.subarray(0, SHOWN_BYTES).toString()
    : bytes.subarray(0, SHOWN_BYTES).toString('hex');
  const summary = bytes.length === 0 ? '<empty>' : beginning + (bytes.length > SHOWN_BYTES ? ' ...' : '');
  return new ApiError(
    'BadRequest',
    `the object provided is unrecognized (must be of type ${kind}): ${message} (${summary})`,
    undefined,
    { cause },
  );
}
