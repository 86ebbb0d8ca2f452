import type { CertificatePool } from './certificate-pool.js';
import { authenticated, CREDENTIAL_ID, type Identity } from './identity.js';
import type { PresentedCertificate } from './presented-certificate.js';

export type { Identity } from './identity.js';

/**
 * The identity in a client's certificate: its common name and its organisations. Undefined for a certificate that the
 * pool does not trust, that has expired since the handshake, or that has no common name.
 * Source: apiserver/pkg/authentication/request/x509, CommonNameUserConversion.
 */
export function identityOf(presented: PresentedCertificate, pool: CertificatePool, now: number): Identity | undefined {
  if (presented.commonName === '' || !pool.trusts(presented, now)) return undefined;
  const known = identities.get(presented);
  if (known) return known;
  const identity = identityIn(presented);
  identities.set(presented, identity);
  return identity;
}

/** What a certificate says does not change, and is the same for every request of its connection. */
const identities = new WeakMap<PresentedCertificate, Identity>();

function identityIn({ certificate, commonName, organisations }: PresentedCertificate): Identity {
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return authenticated({
    user: commonName,
    groups: organisations,
    extra: { [CREDENTIAL_ID]: [`X509SHA256=${fingerprint}`] },
  });
}
