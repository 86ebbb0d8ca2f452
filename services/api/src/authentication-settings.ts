import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { authorityOf } from '@everynode/bus-credentials';
import { openAuthority } from '@everynode/certificates';
import type { OidcSettings } from './auth/oidc/oidc-settings.js';
import { AgentBus, type AgentBusOptions } from './certificates/agent-bus.js';
import type { CertificateAuthority } from './certificates/certificate-authority.js';
import type { Config } from './config.js';
import type { ServiceAccountKeys } from './start-api.js';

/** The parts of a setting with commas between them. */
export const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Source: pkg/kubeapiserver/options/authentication.go, Validate: service-account-max-token-expiration. */
const LEAST_MAX_TOKEN_SECONDS = 3600;

/** Reads the keys of service account tokens. @throws Error for a bound that would end tokens too early. */
export async function serviceAccountKeysFrom(config: Config): Promise<ServiceAccountKeys> {
  const seconds = config.EVERYNODE_SERVICE_ACCOUNT_MAX_TOKEN_SECONDS;
  if (seconds > 0 && seconds < LEAST_MAX_TOKEN_SECONDS) {
    throw new Error(`EVERYNODE_SERVICE_ACCOUNT_MAX_TOKEN_SECONDS must be 0, or ${LEAST_MAX_TOKEN_SECONDS} or more`);
  }
  const read = (path: string) => readFile(path, 'utf8');
  const [signing, accepted] = await Promise.all([
    read(config.EVERYNODE_SERVICE_ACCOUNT_KEY),
    Promise.all(partsOf(config.EVERYNODE_SERVICE_ACCOUNT_PUBLIC_KEYS).map(read)),
  ]);
  return { signing, accepted, maxTokenSeconds: seconds > 0 ? seconds : undefined };
}

/** Reads the settings of the OIDC issuer; undefined without one. */
export async function oidcSettingsFrom(config: Config): Promise<OidcSettings | undefined> {
  if (config.EVERYNODE_OIDC_ISSUER === '') return undefined;
  const claims = partsOf(config.EVERYNODE_OIDC_REQUIRED_CLAIMS).map((pair): [string, string] => {
    const at = pair.indexOf('=');
    if (at <= 0)
      throw new Error(`EVERYNODE_OIDC_REQUIRED_CLAIMS: ${JSON.stringify(pair)} is not of the form claim=value`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return {
    issuer: config.EVERYNODE_OIDC_ISSUER,
    audiences: partsOf(config.EVERYNODE_OIDC_AUDIENCES),
    usernameClaim: config.EVERYNODE_OIDC_USERNAME_CLAIM,
    usernamePrefix: config.EVERYNODE_OIDC_USERNAME_PREFIX,
    groupsClaim: config.EVERYNODE_OIDC_GROUPS_CLAIM || undefined,
    groupsPrefix: config.EVERYNODE_OIDC_GROUPS_PREFIX,
    requiredClaims: new Map(claims),
    ca: config.EVERYNODE_OIDC_CA === '' ? undefined : await readFile(config.EVERYNODE_OIDC_CA, 'utf8'),
    signingAlgorithms: partsOf(config.EVERYNODE_OIDC_SIGNING_ALGORITHMS),
  };
}

/**
 * Reads the cluster's authority; undefined where its key is elsewhere.
 * @throws Error where key and certificate differ.
 */
export async function signingFrom(config: Config): Promise<CertificateAuthority | undefined> {
  if (config.EVERYNODE_CA_KEY === '') return undefined;
  const [key, certificate] = await Promise.all([
    readFile(config.EVERYNODE_CA_KEY, 'utf8'),
    readFile(config.EVERYNODE_CLIENT_CA, 'utf8'),
  ]);
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
    throw new Error('EVERYNODE_CA_KEY is not the key of the first certificate in EVERYNODE_CLIENT_CA');
  }
  return {
    authority: await openAuthority({ certificate, key }),
    maxSeconds: config.EVERYNODE_CERTIFICATE_SECONDS,
    maxNodeSeconds: config.EVERYNODE_NODE_CERTIFICATE_SECONDS,
  };
}

/** The bus as its authority; undefined where the secret is elsewhere. */
export async function agentBusFrom(config: Config, store: AgentBusOptions['store']): Promise<AgentBus | undefined> {
  if (config.NATS_AUTHORITY === '') return undefined;
  const [secret, ca] = await Promise.all([readFile(config.NATS_AUTHORITY, 'utf8'), readFile(config.NATS_CA, 'utf8')]);
  const url = config.NATS_URL;
  return new AgentBus({ store, authority: authorityOf(secret), ca, url, agentUrl: config.EVERYNODE_BUS_URL || url });
}
