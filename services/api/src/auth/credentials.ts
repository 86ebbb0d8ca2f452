import type { CertificatePool } from './certificate-pool.js';
import type { FrontProxies } from './front-proxy.js';
import type { OidcTokens } from './oidc/oidc-tokens.js';

/** What the api accepts as proof of who a client is, beside tokens of service accounts. */
export interface Credentials {
  /** The authorities of client certificates. */
  clients: CertificatePool;
  frontProxies: FrontProxies | undefined;
  oidc: OidcTokens | undefined;
}
