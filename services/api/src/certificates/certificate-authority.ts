import { type Authority, issueCertificate, readSigningRequest, SIGNERS, usesOf } from '@everynode/certificates';
import type { CertificateSigningRequest } from '@everynode/objects';

/** The cluster's own authority, and how long what it signs lives at most, in seconds. */
export interface CertificateAuthority {
  authority: Authority;
  /** For clients and servers in general. */
  maxSeconds: number;
  /** For nodes, whose agents renew by themselves. */
  maxNodeSeconds: number;
}

const LEAST_SECONDS = 600;
/** So that a client whose clock is behind can use its certificate. Source: signer.go, Backdate. */
const BACKDATE_MS = 5 * 60_000;

/** Returns the PEM of the certificate that an approved request asks for. `now` is ms since the epoch. */
export async function signRequest(
  { authority, maxSeconds, maxNodeSeconds }: CertificateAuthority,
  { spec }: CertificateSigningRequest,
  now: number,
): Promise<string> {
  const request = readSigningRequest(Buffer.from(spec?.request ?? '', 'base64').toString());
  const { commonName, organisations, names, publicKey } = request;
  const most = spec?.signerName === SIGNERS.client ? maxSeconds : maxNodeSeconds;
  const seconds = Math.max(LEAST_SECONDS, Math.min(spec?.expirationSeconds ?? most, most));
  return await issueCertificate(authority, publicKey, {
    commonName,
    organisations,
    names,
    uses: usesOf(spec?.usages ?? []),
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: new Date(now + seconds * 1000),
  });
}
