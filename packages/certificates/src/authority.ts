import type { webcrypto } from 'node:crypto';
import { createKeyPair, importPrivateKey, P256, privateKeyPem, signingAlgorithm } from './keys.js';
import * as x509 from './x509.js';

const DAY_MS = 24 * 3600 * 1000;
const CA_DAYS = 3650;

/** PEM texts of one certificate. */
export interface CertifiedKey {
  certificate: string;
  key: string;
}

/** An authority that is ready to sign. */
export interface Authority {
  parsed: x509.X509Certificate;
  signingKey: webcrypto.CryptoKey;
  algorithm: ReturnType<typeof signingAlgorithm>;
}

/** Makes an authority that signs itself, for ten years from an hour ago. */
export async function createAuthority(commonName: string, now: Date): Promise<CertifiedKey> {
  const keys = await createKeyPair();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [commonName] }],
    notBefore: new Date(now.getTime() - 3600_000),
    notAfter: new Date(now.getTime() + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: P256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${certificate.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) };
}

/** @throws Error for texts that are no certificate and its key. */
export async function openAuthority({ certificate, key }: CertifiedKey): Promise<Authority> {
  return {
    parsed: new x509.X509Certificate(certificate),
    signingKey: await importPrivateKey(key),
    algorithm: signingAlgorithm(key),
  };
}
