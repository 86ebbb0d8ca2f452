import { AGENT_RATES } from '@everynode/bus';
import { commonConfig, readConfig } from '@everynode/service-shell';
import { type Static, Type } from 'typebox';
import { AUTHORIZATION_MODES } from './auth/authorization.js';
import { FAIR_QUEUE_DEFAULTS } from './fairness/fair-queue.js';
import { BODY_THREAD_DEFAULTS } from './http/body-threads.js';
import { REQUEST_MS, WATCH_STALL_MS } from './http/limits.js';

const schema = Type.Object({
  ...commonConfig,
  DATABASE_URL: Type.String(),
  /** The file of the keys that encrypt Secrets; they are stored in clear text when empty. */
  EVERYNODE_ENCRYPTION_KEYS: Type.String({ default: '' }),
  EVERYNODE_API_HOST: Type.String({ default: '127.0.0.1' }),
  /** 0: no port of its own; connections come from the supervisor. */
  EVERYNODE_API_PORT: Type.Integer({ default: 6443, minimum: 0, maximum: 65535 }),
  EVERYNODE_TLS_CERT: Type.String(),
  EVERYNODE_TLS_KEY: Type.String(),
  EVERYNODE_CLIENT_CA: Type.String(),
  /** The private key of the cluster's authority; without it the api signs no certificates. */
  EVERYNODE_CA_KEY: Type.String({ default: '' }),
  /** The longest that a certificate of a client lives, in seconds. */
  EVERYNODE_CERTIFICATE_SECONDS: Type.Integer({ default: 365 * 24 * 3600, minimum: 600 }),
  /** The longest that a certificate of a node lives, in seconds. */
  EVERYNODE_NODE_CERTIFICATE_SECONDS: Type.Integer({ default: 24 * 3600, minimum: 600 }),
  /** The address at which nodes and clients reach the api; that on which it listens when empty. */
  EVERYNODE_API_URL: Type.String({ default: '' }),
  /** The file with the secret of the bus's accounts; without it agents that join get no credential of the bus. */
  NATS_AUTHORITY: Type.String({ default: '' }),
  /** The address at which agents reach the bus; NATS_URL when empty. */
  EVERYNODE_BUS_URL: Type.String({ default: '' }),
  /** What an agent may send to the bus, in messages and in bytes a second; one that sends more is cut off. */
  EVERYNODE_AGENT_MESSAGES_PER_SECOND: Type.Integer({ default: AGENT_RATES.messagesPerSecond, minimum: 1 }),
  EVERYNODE_AGENT_BYTES_PER_SECOND: Type.Integer({ default: AGENT_RATES.bytesPerSecond, minimum: 1024 }),
  /** Authorities of front proxies; without it there are none. */
  EVERYNODE_FRONT_PROXY_CA: Type.String({ default: '' }),
  /** Common names of front proxies, with commas between them; any that the authority has signed when empty. */
  EVERYNODE_FRONT_PROXY_NAMES: Type.String({ default: '' }),
  /** The private key that signs the tokens of service accounts. */
  EVERYNODE_SERVICE_ACCOUNT_KEY: Type.String({ minLength: 1 }),
  /** Files of keys beside it whose tokens are accepted, with commas between them. */
  EVERYNODE_SERVICE_ACCOUNT_PUBLIC_KEYS: Type.String({ default: '' }),
  /** The longest that a token of a service account lives, in seconds; 0 for no bound. */
  EVERYNODE_SERVICE_ACCOUNT_MAX_TOKEN_SECONDS: Type.Integer({ default: 0, minimum: 0, maximum: 2 ** 32 }),
  /** The issuer of OpenID Connect tokens; none when empty. */
  EVERYNODE_OIDC_ISSUER: Type.String({ default: '' }),
  /** What its tokens must be for, with commas between them. */
  EVERYNODE_OIDC_AUDIENCES: Type.String({ default: '' }),
  EVERYNODE_OIDC_USERNAME_CLAIM: Type.String({ default: 'sub' }),
  EVERYNODE_OIDC_USERNAME_PREFIX: Type.Optional(Type.String()),
  EVERYNODE_OIDC_GROUPS_CLAIM: Type.String({ default: '' }),
  EVERYNODE_OIDC_GROUPS_PREFIX: Type.String({ default: '' }),
  /** `claim=value`, with commas between them. */
  EVERYNODE_OIDC_REQUIRED_CLAIMS: Type.String({ default: '' }),
  EVERYNODE_OIDC_CA: Type.String({ default: '' }),
  EVERYNODE_OIDC_SIGNING_ALGORITHMS: Type.String({ default: 'RS256' }),
  /** `AlwaysAllow` is for simulations: every known client may do everything. */
  EVERYNODE_AUTHORIZATION_MODE: Type.Enum([...AUTHORIZATION_MODES], { default: 'RBAC' }),
  /** Requests that are served at the same time, without watches. */
  EVERYNODE_MAX_REQUESTS: Type.Integer({ default: FAIR_QUEUE_DEFAULTS.seats, minimum: 1 }),
  /** Requests of one client that wait for their turn; more are refused. */
  EVERYNODE_MAX_QUEUED: Type.Integer({ default: FAIR_QUEUE_DEFAULTS.queueLength, minimum: 0 }),
  /** Threads that read YAML and large bodies. */
  EVERYNODE_BODY_THREADS: Type.Integer({ default: BODY_THREAD_DEFAULTS.threads, minimum: 1 }),
  /** How long a request waits for its turn, in seconds. */
  EVERYNODE_MAX_WAIT_SECONDS: Type.Number({ default: FAIR_QUEUE_DEFAULTS.waitMs / 1000, minimum: 0.1 }),
  /** The longest that a request other than a watch may take, in seconds. */
  EVERYNODE_REQUEST_SECONDS: Type.Number({ default: REQUEST_MS / 1000, minimum: 1 }),
  /** How long the socket of a watch may accept nothing while events wait for it, in seconds. */
  EVERYNODE_WATCH_STALL_SECONDS: Type.Number({ default: WATCH_STALL_MS / 1000, minimum: 0.1 }),
  /** `false`: objects of kinds that nothing acts on are created without a warning. */
  EVERYNODE_WARN_INERT_KINDS: Type.Boolean({ default: true }),
  /** A file in which every request is recorded at the audit level Metadata; none when empty. */
  EVERYNODE_AUDIT_LOG: Type.String({ default: '' }),
  /** Namespaces, users and runtime classes that the Pod Security Standards do not concern, with commas between them. */
  EVERYNODE_POD_SECURITY_EXEMPT_NAMESPACES: Type.String({ default: '' }),
  EVERYNODE_POD_SECURITY_EXEMPT_USERS: Type.String({ default: '' }),
  EVERYNODE_POD_SECURITY_EXEMPT_RUNTIME_CLASSES: Type.String({ default: '' }),
});

export type Config = Static<typeof schema>;

export function apiConfig(env?: NodeJS.ProcessEnv): Config {
  return readConfig(schema, env);
}
