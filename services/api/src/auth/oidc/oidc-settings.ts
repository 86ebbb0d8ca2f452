/**
 * How tokens of one OpenID Connect issuer become identities. The names and rules are those of upstream's `--oidc-…`
 * flags: apiserver/pkg/server/options authentication.go.
 */
export interface OidcSettings {
  /** An https address, as it stands in the claim `iss`. */
  issuer: string;
  /** A token must be for one of these. */
  audiences: readonly string[];
  usernameClaim: string;
  /** Undefined: the issuer and `#`, except for e-mail addresses; `-`: none. */
  usernamePrefix: string | undefined;
  /** Undefined: tokens have no groups. */
  groupsClaim: string | undefined;
  groupsPrefix: string;
  /** Claims that a token must have, with these texts. */
  requiredClaims: ReadonlyMap<string, string>;
  /** PEM of what the issuer's certificate must be signed by; undefined for the authorities that Node.js trusts. */
  ca: string | undefined;
  signingAlgorithms: readonly string[];
}

/** Source: authentication.go, AddFlags: `--oidc-signing-algs`. Symmetric keys and `none` are not among them. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'];

/** @throws Error that says what is wrong with the settings. */
export function checkOidcSettings({ issuer, audiences, usernameClaim, signingAlgorithms }: OidcSettings): void {
  if (!URL.canParse(issuer) || new URL(issuer).protocol !== 'https:') {
    throw new Error(`the OIDC issuer must be an https address: ${JSON.stringify(issuer)}`);
  }
  if (audiences.length === 0) throw new Error('an OIDC issuer needs at least one audience');
  if (usernameClaim === '') throw new Error('an OIDC issuer needs a claim for the name of the user');
  for (const algorithm of signingAlgorithms) {
    if (!ALGORITHMS.includes(algorithm)) throw new Error(`not an algorithm of OIDC tokens: ${algorithm}`);
  }
}
