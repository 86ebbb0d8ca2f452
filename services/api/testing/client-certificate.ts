// The decorators of @peculiar/x509 need this polyfill to be there first.
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export interface ClientFacts {
  /** PEM texts of the authority that signs. */
  authority: { certificate: string; key: string };
  /** Parts of the subject in their order, such as `{ CN: ['jane'] }`. */
  subject: x509.JsonName;
  uses?: string[];
  notAfter?: Date;
}

/** A client's certificate and key as PEM texts, also one that no authority in its right mind would sign. */
export async function clientCertificate(facts: ClientFacts): Promise<{ cert: string; key: string }> {
  const { authority, subject, uses = [x509.ExtendedKeyUsage.clientAuth], notAfter } = facts;
  const keys = await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
  const der = x509.PemConverter.decodeFirst(authority.key);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: new x509.X509Certificate(authority.certificate).subject,
    notBefore: new Date(Date.now() - 3600_000),
    notAfter: notAfter ?? new Date(Date.now() + 3600_000),
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, P256, false, ['sign']),
    signingAlgorithm: P256,
    extensions: [new x509.ExtendedKeyUsageExtension(uses)],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
}
