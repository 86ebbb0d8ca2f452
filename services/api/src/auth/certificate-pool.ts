import { X509Certificate } from 'node:crypto';
import type { PresentedCertificate } from './presented-certificate.js';

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * The authorities of one kind of client. The TLS layer trusts the authorities of all kinds together, so each kind looks
 * again who has signed: a certificate of the proxies' authority names no user.
 */
export class CertificatePool {
  readonly #authorities: readonly X509Certificate[];
  readonly #verdicts = new WeakMap<X509Certificate, boolean>();

  /** @param pem one or more certificates. @throws Error for a text without any. */
  constructor(pem: string) {
    const blocks = pem.match(BLOCK) ?? [];
    if (blocks.length === 0) throw new Error('the file of a certificate authority holds no certificate');
    this.#authorities = blocks.map((block) => new X509Certificate(block));
  }

  /** True for a certificate of a client that one of the authorities has signed, and whose time it is. */
  trusts({ certificate, verified, notBefore, notAfter }: PresentedCertificate, now: number): boolean {
    if (!verified) return false;
    // A connection may outlive its certificate.
    if (now < notBefore || now > notAfter) return false;
    let verdict = this.#verdicts.get(certificate);
    if (verdict === undefined) {
      verdict = this.#hasSigned(certificate);
      this.#verdicts.set(certificate, verdict);
    }
    return verdict;
  }

  #hasSigned(certificate: X509Certificate): boolean {
    // A certificate that does not say what it is for may be used for everything.
    const uses = certificate.keyUsage as string[] | undefined;
    if (uses !== undefined && !uses.includes(CLIENT_AUTH)) return false;
    return this.#authorities.some(
      (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    );
  }
}
