import type { Logger } from '@everynode/service-shell';
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Identity } from '../identity.js';
import { fetchOverTls } from './fetch-over-tls.js';
import { identityOfClaims } from './oidc-claims.js';
import { checkOidcSettings, type OidcSettings } from './oidc-settings.js';

/** How long an issuer that did not answer is left alone, in ms. */
const RETRY_MS = 5000;

/**
 * Accepts the tokens of one OpenID Connect issuer. Its keys are read when the first token comes, and again when a token
 * names an unknown key: the issuer need not be there when the api starts.
 */
export class OidcTokens {
  readonly #settings: OidcSettings;
  readonly #log: Logger;
  #keys: Promise<JWTVerifyGetKey> | undefined;
  #retryAt = 0;

  /** @throws Error for settings that make no sense. */
  constructor(settings: OidcSettings, log: Logger) {
    checkOidcSettings(settings);
    this.#log = log;
    this.#settings = settings;
  }

  get issuer(): string {
    return this.#settings.issuer;
  }

  /** The identity in a token. @throws Error that says why the token is not accepted. */
  async identify(token: string): Promise<Identity> {
    const { issuer, audiences, signingAlgorithms } = this.#settings;
    const { payload } = await jwtVerify(token, await this.#issuerKeys(), {
      issuer,
      audience: [...audiences],
      algorithms: [...signingAlgorithms],
      requiredClaims: ['exp'],
    });
    return identityOfClaims(this.#settings, payload);
  }

  #issuerKeys(): Promise<JWTVerifyGetKey> {
    if (this.#keys) return this.#keys;
    if (performance.now() < this.#retryAt) return Promise.reject(new errors.JOSEError('the issuer did not answer'));
    const keys = this.#discover();
    this.#keys = keys;
    keys.catch((err: unknown) => {
      this.#log.warn({ err, issuer: this.issuer }, 'the OIDC issuer does not answer: its tokens are refused');
      this.#keys = undefined;
      this.#retryAt = performance.now() + RETRY_MS;
    });
    return keys;
  }

  /** Source: OpenID Connect Discovery 1.0, section 4. */
  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer, ca } = this.#settings;
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const response = await fetchOverTls(address, ca);
    if (response.status !== 200) throw new Error(`${address} answers ${response.status}`);
    const document = (await response.json()) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error(`${address} names another issuer`);
    if (typeof document.jwks_uri !== 'string' || !document.jwks_uri.startsWith('https:')) {
      throw new Error(`${address} names no key set over https`);
    }
    return createRemoteJWKSet(new URL(document.jwks_uri), { [customFetch]: (url) => fetchOverTls(url, ca) });
  }
}
