import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { timestamp } from '@everynode/objects';
import {
  decodeProtectedHeader,
  exportJWK,
  type JWK,
  type JWTPayload,
  type JWTVerifyResult,
  jwtVerify,
  SignJWT,
} from 'jose';

/** The issuer of all tokens, and the audience of tokens for which a client names none. */
export const ISSUER = 'https://kubernetes.default.svc.cluster.local';

export interface NamedObject {
  name: string;
  uid: string;
}

/** A token's claims beside its times and audiences. Shape: the claim `kubernetes.io` of upstream's tokens. */
export interface ServiceAccountClaims {
  namespace: string;
  serviceaccount: NamedObject;
  node?: NamedObject;
  pod?: NamedObject;
  secret?: NamedObject;
}

/** A token with a valid signature and valid times. The objects that it is bound to may be deleted. */
export interface VerifiedToken {
  claims: ServiceAccountClaims;
  audiences: string[];
  id: string;
}

const CLAIM = 'kubernetes.io';

/** Signature algorithms by the type of key. */
function algorithmOf(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return 'ES256';
  if (curve === 'secp384r1') return 'ES384';
  throw new Error(`tokens cannot be signed with a key of type ${key.asymmetricKeyType} ${curve ?? ''}`);
}

/** A key that checks signatures. The id is upstream's: base64url of the SHA-256 of the key's DER form. */
interface CheckingKey {
  key: KeyObject;
  id: string;
  algorithm: string;
}

function checkingKey(key: KeyObject): CheckingKey {
  const spki = key.export({ type: 'spki', format: 'der' });
  return { key, id: createHash('sha256').update(spki).digest('base64url'), algorithm: algorithmOf(key) };
}

/**
 * Signs tokens of service accounts with one key, and accepts those of several, so that a new key can come before the
 * tokens of the old one end. Replicas with the same keys accept each other's tokens.
 * Source of the claims: pkg/serviceaccount/claims.go.
 */
export class ServiceAccountTokens {
  readonly #signingKey: KeyObject;
  /** The signing key's first. */
  readonly #keys: readonly CheckingKey[];

  /**
   * @param signing PEM of a private key, RSA or on a NIST curve.
   * @param accepted PEM of keys beside it whose tokens are good too: private, public, or in a certificate.
   */
  constructor(signing: string, accepted: readonly string[] = []) {
    this.#signingKey = createPrivateKey(signing);
    const keys = [createPublicKey(this.#signingKey), ...accepted.map((pem) => createPublicKey(pem))].map(checkingKey);
    this.#keys = keys.filter(({ id }, at) => keys.findIndex((one) => one.id === id) === at);
  }

  /** The algorithms of all keys. */
  get algorithms(): string[] {
    return [...new Set(this.#keys.map(({ algorithm }) => algorithm))];
  }

  /** Signs a new token. `now` is ms since the epoch; tokens count whole seconds. */
  async issue(
    claims: ServiceAccountClaims,
    audiences: string[],
    expirationSeconds: number,
    now: number,
  ): Promise<{ token: string; expirationTimestamp: string }> {
    const issuedAt = Math.floor(now / 1000);
    const expires = issuedAt + expirationSeconds;
    const [{ algorithm: alg = '', id: kid = '' } = {}] = this.#keys;
    const token = await new SignJWT({ [CLAIM]: claims })
      .setProtectedHeader({ alg, kid })
      .setIssuer(ISSUER)
      .setSubject(userNameOf(claims))
      .setAudience(audiences)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expires)
      .setJti(randomUUID())
      .sign(this.#signingKey);
    return { token, expirationTimestamp: timestamp(expires * 1000) };
  }

  /** @throws Error for a text that is no token of this issuer, and for a token that has expired or is not valid yet. */
  async verify(token: string): Promise<VerifiedToken> {
    const { payload } = await this.#check(token);
    const claims = payload[CLAIM] as ServiceAccountClaims | undefined;
    if (!claims?.namespace || !claims.serviceaccount?.name) throw new Error('the token names no service account');
    return { claims, audiences: audiencesOf(payload), id: payload.jti ?? '' };
  }

  /** A token names its key. One that names none is tried with each. */
  async #check(token: string): Promise<JWTVerifyResult> {
    const { kid } = decodeProtectedHeader(token);
    const keys = this.#keys.filter(({ id }) => kid === undefined || id === kid);
    let refused: unknown = new Error('the token is signed with an unknown key');
    for (const { key, algorithm } of keys) {
      try {
        return await jwtVerify(token, key, { issuer: ISSUER, algorithms: [algorithm] });
      } catch (error) {
        refused = error;
      }
    }
    throw refused;
  }

  /** The public keys in the form in which clients outside the cluster read them, to check tokens by themselves. */
  async jwks(): Promise<{ keys: JWK[] }> {
    const keys = this.#keys.map(async ({ key, id, algorithm }) => ({
      ...(await exportJWK(key)),
      use: 'sig',
      kid: id,
      alg: algorithm,
    }));
    return { keys: await Promise.all(keys) };
  }
}

const audiencesOf = ({ aud }: JWTPayload): string[] => (aud === undefined ? [] : Array.isArray(aud) ? aud : [aud]);

export function userNameOf({ namespace, serviceaccount }: ServiceAccountClaims): string {
  return `system:serviceaccount:${namespace}:${serviceaccount.name}`;
}
