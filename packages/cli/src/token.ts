import { randomInt } from 'node:crypto';
import { authorityHash } from '@everynode/certificates';
import {
  BOOTSTRAP_NAMESPACE,
  type BootstrapToken,
  bootstrapSecret,
  bootstrapSecretName,
  isBootstrapTokenExpired,
  isNodeNamePattern,
  parseBootstrapToken,
  readBootstrapToken,
  type Secret,
} from '@everynode/objects';
import { bodyOf, type ClusterFlags, openCluster } from './cluster.js';
import { alignedLines } from './columns.js';

const SECRETS = `/api/v1/namespaces/${BOOTSTRAP_NAMESPACE}/secrets`;
const GROUPS = ['system:bootstrappers:everynode:default-node-token'];

export interface CreateTokenFlags extends ClusterFlags {
  /** In ms; 0 for a token that does not expire. */
  ttl: number;
  description: string;
  groups?: string[];
  nodes?: string[];
  singleUse: boolean;
}

/** Random text of the characters that tokens have. */
const randomText = (length: number): string => Array.from({ length }, () => randomInt(36).toString(36)).join('');

/** Creates a token and prints it, with the command by which a node joins. */
export async function createToken(flags: CreateTokenFlags): Promise<void> {
  const { ttl, description, groups = GROUPS, nodes = [], singleUse } = flags;
  for (const pattern of nodes) {
    if (!isNodeNamePattern(pattern)) throw new Error(`not a node name, nor the beginning of names: ${pattern}`);
  }
  const token: BootstrapToken = {
    id: randomText(6),
    secret: randomText(16),
    expiresAt: ttl === 0 ? undefined : Date.now() + ttl,
    authenticates: true,
    signs: true,
    description,
    groups,
    nodeNames: nodes,
    singleUse,
    usedBy: undefined,
  };
  const { api, server, ca } = await openCluster(flags);
  try {
    bodyOf('creating the token', await api.call('POST', SECRETS, { body: bootstrapSecret(token) }));
  } finally {
    api.close();
  }
  const text = `${token.id}.${token.secret}`;
  process.stdout.write(
    `${text}\n\neverynode agent join --server ${server} --token ${text} --ca-hash ${authorityHash(ca)}\n`,
  );
}

/** Prints a table of the tokens, without their secret part. */
export async function listTokens(flags: ClusterFlags): Promise<void> {
  const { api } = await openCluster(flags);
  try {
    const path = `${SECRETS}?fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken`;
    const { items } = bodyOf('listing tokens', await api.call('GET', path)) as { items: Secret[] };
    const rows = items.flatMap((secret) => {
      const token = readBootstrapToken(secret);
      return token ? [tokenRow(token, Date.now())] : [];
    });
    const header = ['TOKEN', 'EXPIRES', 'USAGES', 'NODES', 'USE', 'DESCRIPTION', 'GROUPS'];
    process.stdout.write(`${alignedLines([header, ...rows]).join('\n')}\n`);
  } finally {
    api.close();
  }
}

function tokenRow(token: BootstrapToken, now: number): string[] {
  const { id, expiresAt, authenticates, signs, nodeNames, singleUse, usedBy, description, groups } = token;
  const usages = [authenticates && 'authentication', signs && 'signing'].filter(Boolean).join(',');
  const end = expiresAt === undefined ? '<never>' : new Date(expiresAt).toISOString().replace('.000', '');
  return [
    id,
    isBootstrapTokenExpired(token, now) ? '<expired>' : end,
    usages || '<none>',
    nodeNames.join(',') || '<any>',
    singleUse ? (usedBy === undefined ? 'once' : 'used') : 'many',
    description || '<none>',
    groups.join(',') || '<none>',
  ];
}

/** Deletes tokens by their whole text or by their id, which is its first part. */
export async function deleteTokens(tokens: readonly string[], flags: ClusterFlags): Promise<void> {
  const { api } = await openCluster(flags);
  try {
    for (const token of tokens) {
      const id = parseBootstrapToken(token)?.id ?? token;
      bodyOf(`deleting token ${id}`, await api.call('DELETE', `${SECRETS}/${bootstrapSecretName(id)}`));
      process.stdout.write(`bootstrap token ${id} is deleted\n`);
    }
  } finally {
    api.close();
  }
}
