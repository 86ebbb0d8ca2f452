/** More nodes are only counted, so that a message stays readable. */
const MAX_NAMED = 5;

/** Names nodes in one line. `describe` may add to a node's name. */
export function nameNodes(names: readonly string[], describe = (name: string): string => name): string {
  const named = names.slice(0, MAX_NAMED).map(describe).join(', ');
  return names.length > MAX_NAMED ? `${named} and ${names.length - MAX_NAMED} more` : named;
}
