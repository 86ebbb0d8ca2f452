import { isMap, isPair, isScalar, isSeq, type ParsedNode, parseDocument } from 'yaml';
import { ApiError } from '../api-error.js';
import { duplicateJsonKeys } from './duplicate-keys.js';

/** A parsed body. `duplicates` gives the paths of members that stand twice; it costs a second pass over the text. */
export interface ParsedBody {
  value: unknown;
  duplicates(): string[];
}

/** Nodes that the aliases of one YAML body may unfold to, so that a short text cannot become a huge value. */
const MAX_ALIASES = 100;

/**
 * Reads the text of a request.
 * @throws ApiError BadRequest when it is no JSON, or no YAML document.
 */
export function parseBody(text: string, format: 'json' | 'yaml'): ParsedBody {
  return format === 'json' ? parseJson(text) : parseYaml(text);
}

function parseJson(text: string): ParsedBody {
  try {
    return { value: JSON.parse(text) as unknown, duplicates: () => duplicateJsonKeys(text) };
  } catch (error) {
    throw unreadable('json', error);
  }
}

function parseYaml(text: string): ParsedBody {
  // YAML 1.1, where `yes` and `on` are booleans: what kubectl and the API server read. Times stay text, as JSON has none.
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    merge: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !NOT_JSON.has(tag.tag)),
  });
  const [error] = document.errors;
  if (error) throw unreadable('yaml', error);
  try {
    const value = document.toJS({ maxAliasCount: MAX_ALIASES }) as unknown;
    return { value, duplicates: () => [...duplicateYamlKeys(document.contents, '', new Set())] };
  } catch (error) {
    throw unreadable('yaml', error);
  }
}

const NOT_JSON: ReadonlySet<string> = new Set([
  'tag:yaml.org,2002:timestamp',
  'tag:yaml.org,2002:binary',
  'tag:yaml.org,2002:omap',
  'tag:yaml.org,2002:pairs',
  'tag:yaml.org,2002:set',
]);

function duplicateYamlKeys(node: ParsedNode | null, path: string, found: Set<string>): Set<string> {
  if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      duplicateYamlKeys(item as ParsedNode | null, `${path}[${index}]`, found);
    }
  } else if (isMap(node)) {
    const seen = new Set<string>();
    for (const pair of node.items) {
      if (!isPair(pair) || !isScalar(pair.key)) continue;
      const key = String(pair.key.value);
      const child = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) found.add(child);
      seen.add(key);
      duplicateYamlKeys(pair.value as ParsedNode | null, child, found);
    }
  }
  return found;
}

function unreadable(format: string, error: unknown): ApiError {
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(
    'BadRequest',
    `the object provided is unrecognized: couldn't get version/kind; ${format} parse error: ${message}`,
    {},
    { cause: error },
  );
}
