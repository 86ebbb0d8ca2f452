import { parseAllDocuments } from 'yaml';
import type { Json } from '../exchange.js';
import { UnreadableError } from './unreadable-error.js';

/**
 * The values of a file: one of JSON, one for each line of JSON lines, one for each document of YAML.
 * @throws UnreadableError
 */
export function readDocuments(text: string): Json[] {
  const bare = text.replace(/^\uFEFF/, '');
  if (bare.trim() === '') throw new UnreadableError('the file is empty');
  return asJson(bare) ?? asJsonLines(bare) ?? asYaml(bare);
}

function asJson(text: string): Json[] | undefined {
  try {
    return [JSON.parse(text) as Json];
  } catch {
    // Another form, or JSON with a syntax error, which the YAML parser reports with its line.
    return undefined;
  }
}

function asJsonLines(text: string): Json[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2) return undefined;
  try {
    return lines.map((line) => JSON.parse(line) as Json);
  } catch {
    return undefined;
  }
}

function asYaml(text: string): Json[] {
  const documents = parseAllDocuments(text);
  const values: Json[] = [];
  for (const document of documents) {
    const [fault] = document.errors;
    if (fault) throw new UnreadableError(`neither JSON, JSON lines nor YAML: ${fault.message}`);
    const value = document.toJS() as Json;
    if (value !== null) values.push(value);
  }
  return values;
}
