import type { Secret } from './kinds/api-types.js';
import { timestamp } from './timestamp.js';

/** Where the secrets of bootstrap tokens are. */
export const BOOTSTRAP_NAMESPACE = 'kube-system';
const BOOTSTRAP_SECRET_TYPE = 'bootstrap.kubernetes.io/token';
const NAME_PREFIX = 'bootstrap-token-';
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
/** A name, or the beginning of names with a star behind it. */
const NODE_NAMES = /^(?=.{1,253}$)[a-z0-9][-a-z0-9.]*\*?$|^\*$/;

export const BOOTSTRAPPERS = 'system:bootstrappers';

/** A token with which a node joins. Source: cluster-bootstrap/token/api/types.go. */
export interface BootstrapToken {
  id: string;
  secret: string;
  /** ms since the epoch; undefined for a token that does not expire. */
  expiresAt: number | undefined;
  authenticates: boolean;
  /** It signs the cluster's information, by which a joiner finds the cluster's authority. */
  signs: boolean;
  description: string;
  /** Beside {@link BOOTSTRAPPERS}. */
  groups: string[];
  /** Beyond upstream: the nodes that may join with it, as names or as `prefix*`; all nodes when empty. */
  nodeNames: string[];
  /** Beyond upstream: one key may ask for certificates with it, and no second one. */
  singleUse: boolean;
  /** Beyond upstream: the key that has used it up, as {@link BootstrapToken.singleUse} means it. */
  usedBy: string | undefined;
}

/** The keys of a secret's data. Those of Everynode's own have its name in front. */
const KEYS = {
  id: 'token-id',
  secret: 'token-secret',
  expiration: 'expiration',
  authentication: 'usage-bootstrap-authentication',
  signing: 'usage-bootstrap-signing',
  description: 'description',
  groups: 'auth-extra-groups',
  nodeNames: 'everynode-node-names',
  singleUse: 'everynode-single-use',
  usedBy: 'everynode-used-by',
} as const;

export const bootstrapSecretName = (id: string): string => `${NAME_PREFIX}${id}`;

/** The parts of a token's text; undefined for another text. */
export function parseBootstrapToken(text: string): { id: string; secret: string } | undefined {
  const [, id, secret] = TOKEN.exec(text) ?? [];
  return id === undefined || secret === undefined ? undefined : { id, secret };
}

export const isNodeNamePattern = (text: string): boolean => NODE_NAMES.test(text);

/** True where the patterns cover the name of a node; no patterns cover all names. */
export function coversNodeName(patterns: readonly string[], name: string): boolean {
  return patterns.length === 0 || patterns.some((pattern) => covers(pattern, name));
}

const covers = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/**
 * Reads the secret of a token. Undefined for a secret that is none: of another type or name, or with a part that cannot
 * be read. An expiration that cannot be read has passed. Source: cluster-bootstrap/util/secrets.
 */
export function readBootstrapToken(secret: Secret): BootstrapToken | undefined {
  const { type, metadata, data } = secret;
  const text = (key: string): string => (data?.[key] === undefined ? '' : fromBase64(data[key]));
  const token = parseBootstrapToken(`${text(KEYS.id)}.${text(KEYS.secret)}`);
  if (type !== BOOTSTRAP_SECRET_TYPE || !token || metadata?.name !== bootstrapSecretName(token.id)) return undefined;
  const groups = listOf(text(KEYS.groups));
  const nodeNames = listOf(text(KEYS.nodeNames));
  if (!groups.every((group) => GROUP.test(group)) || !nodeNames.every(isNodeNamePattern)) return undefined;
  return {
    ...token,
    expiresAt: expirationOf(text(KEYS.expiration)),
    authenticates: text(KEYS.authentication) === 'true',
    signs: text(KEYS.signing) === 'true',
    description: text(KEYS.description),
    groups,
    nodeNames,
    singleUse: text(KEYS.singleUse) === 'true',
    usedBy: text(KEYS.usedBy) || undefined,
  };
}

export function isBootstrapTokenExpired({ expiresAt }: BootstrapToken, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** The secret of a token, as it is created. @throws Error for parts that the secret could not be read with. */
export function bootstrapSecret(token: BootstrapToken): Secret & { metadata: { name: string; namespace: string } } {
  const { id, expiresAt, groups, nodeNames, description, usedBy } = token;
  const texts: Record<string, string> = {
    [KEYS.id]: id,
    [KEYS.secret]: token.secret,
    ...(expiresAt !== undefined && { [KEYS.expiration]: timestamp(expiresAt) }),
    ...(token.authenticates && { [KEYS.authentication]: 'true' }),
    ...(token.signs && { [KEYS.signing]: 'true' }),
    ...(description !== '' && { [KEYS.description]: description }),
    ...(groups.length > 0 && { [KEYS.groups]: groups.join(',') }),
    ...(nodeNames.length > 0 && { [KEYS.nodeNames]: nodeNames.join(',') }),
    ...(token.singleUse && { [KEYS.singleUse]: 'true' }),
    ...(usedBy !== undefined && { [KEYS.usedBy]: usedBy }),
  };
  const secret = {
    apiVersion: 'v1' as const,
    kind: 'Secret' as const,
    metadata: { name: bootstrapSecretName(id), namespace: BOOTSTRAP_NAMESPACE },
    type: BOOTSTRAP_SECRET_TYPE,
    data: Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, toBase64(text)])),
  };
  if (!readBootstrapToken(secret)) throw new Error('a part of the bootstrap token has not the form that it must have');
  return secret;
}

/** The secret with a note of the key that has used its token. */
export function usedBootstrapSecret<T extends Secret>(secret: T, key: string): T {
  return { ...secret, data: { ...secret.data, [KEYS.usedBy]: toBase64(key) } };
}

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function expirationOf(text: string): number | undefined {
  if (text === '') return undefined;
  return RFC3339.test(text) && !Number.isNaN(Date.parse(text)) ? Date.parse(text) : 0;
}
