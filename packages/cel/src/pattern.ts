import { RE2JS } from 're2js';

/** Patterns are few and written by administrators; the texts that they meet are not. */
const compiled = new Map<string, RE2JS>();
const MAX_COMPILED = 1000;

/** RE2's syntax, matched in time that is linear in the text. @throws Error for a pattern that RE2 does not know. */
export function patternOf(pattern: string): RE2JS {
  let found = compiled.get(pattern);
  if (!found) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    found = RE2JS.compile(pattern);
    compiled.set(pattern, found);
  }
  return found;
}
