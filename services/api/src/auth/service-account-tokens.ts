import { createHash, createPrivateKey, createPublicKey, type KeyObject, randomUUID } from 'node:crypto';
import { timestamp } from '@everynode/objects';
import { exportJWK, type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';

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

/**
 * Signs and checks tokens of service accounts with one key. Replicas with the same key accept each other's tokens.
 * Source of the claims: pkg/serviceaccount/claims.go.
 */
export class ServiceAccountTokens {
  readonly #key: KeyObject;
  readonly #public: KeyObject;
  readonly #algorithm: string;
  readonly #keyId: string;

  /** @param pem a private key, RSA or on a NIST curve. */
  constructor(pem: string) {
    this.#key = createPrivateKey(pem);
    this.#public = createPublicKey(this.#key);
    this.#algorithm = algorithmOf(this.#key);
    const spki = this.#public.export({ type: 'spki', format: 'der' });
    this.#keyId = createHash('sha256').update(spki).digest('base64url');
  }

  get algorithm(): string {
    return this.#algorithm;
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
    const token = await new SignJWT({ [CLAIM]: claims })
      .setProtectedHeader({ alg: this.#algorithm, kid: this.#keyId })
      .setIssuer(ISSUER)
      .setSubject(userNameOf(claims))
      .setAudience(audiences)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expires)
      .setJti(randomUUID())
      .sign(this.#key);
    return { token, expirationTimestamp: timestamp(expires * 1000) };
  }

  /** @throws Error for a text that is no token of this issuer, and for a token that has expired or is not valid yet. */
  async verify(token: string): Promise<VerifiedToken> {
    const { payload } = await jwtVerify(token, this.#public, { issuer: ISSUER, algorithms: [this.#algorithm] });
    const claims = payload[CLAIM] as ServiceAccountClaims | undefined;
    if (!claims?.namespace || !claims.serviceaccount?.name) throw new Error('the token names no service account');
    return { claims, audiences: audiencesOf(payload), id: payload.jti ?? '' };
  }

  /** The public key in the form in which clients outside the cluster read it, to check tokens by themselves. */
  async jwks(): Promise<{ keys: JWK[] }> {
    return { keys: [{ ...(await exportJWK(this.#public)), use: 'sig', kid: this.#keyId, alg: this.#algorithm }] };
  }
}

const audiencesOf = ({ aud }: JWTPayload): string[] => (aud === undefined ? [] : Array.isArray(aud) ? aud : [aud]);

export function userNameOf({ namespace, serviceaccount }: ServiceAccountClaims): string {
  return `system:serviceaccount:${namespace}:${serviceaccount.name}`;
}
