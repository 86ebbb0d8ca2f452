/** Nodes named in one line, so that a sentence stays one. */
const MOST_NAMED = 5;

export function nameNodes(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${named} and ${names.length - MOST_NAMED} more` : named;
}
