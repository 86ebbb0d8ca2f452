import { randomBytes, type webcrypto } from 'node:crypto';
import type { Authority } from './authority.js';
import * as x509 from './x509.js';

/** Uses of a key, in the words of certificates.k8s.io. Source: staging/src/k8s.io/api/certificates/v1, KeyUsage. */
const KEY_USES = {
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
} as const;

const EXTENDED_USES = {
  'client auth': x509.ExtendedKeyUsage.clientAuth,
  'server auth': x509.ExtendedKeyUsage.serverAuth,
} as const;

export type CertificateUse = keyof typeof KEY_USES | keyof typeof EXTENDED_USES;

export function isCertificateUse(text: string): text is CertificateUse {
  return Object.hasOwn(KEY_USES, text) || Object.hasOwn(EXTENDED_USES, text);
}

/** A name that a certificate is for beside its subject. */
export interface AlternativeName {
  type: 'dns' | 'ip' | 'email' | 'url';
  value: string;
}

export interface CertificateTemplate {
  commonName: string;
  organisations?: readonly string[];
  names?: readonly AlternativeName[];
  uses: readonly CertificateUse[];
  notBefore: Date;
  notAfter: Date;
}

/** Returns the PEM of a certificate for a public key. Its time ends with that of the authority at the latest. */
export async function issueCertificate(
  authority: Authority,
  publicKey: x509.PublicKey | webcrypto.CryptoKey,
  template: CertificateTemplate,
): Promise<string> {
  const { commonName, organisations = [], names = [], uses, notBefore, notAfter } = template;
  const ofKey = uses.reduce((flags, use) => flags | (use in KEY_USES ? KEY_USES[use as keyof typeof KEY_USES] : 0), 0);
  const extended = uses.flatMap((use) =>
    use in EXTENDED_USES ? [EXTENDED_USES[use as keyof typeof EXTENDED_USES]] : [],
  );
  const end = Math.min(notAfter.getTime(), authority.parsed.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    // The first bit is 0: a serial number is positive.
    serialNumber: randomBytes(16).toString('hex').replace(/^./, '4'),
    subject: [...organisations.map((organisation) => ({ O: [organisation] })), { CN: [commonName] }],
    issuer: authority.parsed.subject,
    notBefore,
    notAfter: new Date(end),
    publicKey,
    signingKey: authority.signingKey,
    signingAlgorithm: authority.algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      ...(ofKey > 0 ? [new x509.KeyUsagesExtension(ofKey, true)] : []),
      new x509.ExtendedKeyUsageExtension(extended),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(authority.parsed),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : []),
    ],
  });
  return `${certificate.toString('pem')}\n`;
}
