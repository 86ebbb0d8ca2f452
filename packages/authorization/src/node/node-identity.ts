import type { User } from '../attributes.js';

const PREFIX = 'system:node:';
const NODES_GROUP = 'system:nodes';

/**
 * Returns the node as which a user acts: undefined for other users, empty for a member of the nodes' group whose name
 * names no node. Source: pkg/auth/nodeidentifier/default.go.
 */
export function nodeOf({ user, groups }: User): string | undefined {
  if (!user.startsWith(PREFIX)) return undefined;
  return groups.includes(NODES_GROUP) ? user.slice(PREFIX.length) : undefined;
}
