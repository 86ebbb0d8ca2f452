import { stringify } from 'yaml';

/** An answer's JSON as YAML, for clients that ask for it. */
export function toYaml(json: string): string {
  return stringify(JSON.parse(json));
}
