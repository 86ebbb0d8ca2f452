/** Nodes named in one line, so that a sentence stays one. */
const MAX_NAMED = 5;

/** `describe` may say more of a node than its name. */
export function nameNodes(names: readonly string[], describe = (name: string): string => name): string {
  const named = names.slice(0, MAX_NAMED).map(describe).join(', ');
  return names.length > MAX_NAMED ? `${named} and ${names.length - MAX_NAMED} more` : named;
}
