import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from './x509.js';

/** Keys that are made here are of this kind. */
export const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

export type CryptoKeyPair = webcrypto.CryptoKeyPair;

export function createKeyPair(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']) as Promise<CryptoKeyPair>;
}

/** PEM of a private key, PKCS#8. */
export async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

/** PEM of a new private key. */
export async function createKey(): Promise<string> {
  return await privateKeyPem((await createKeyPair()).privateKey);
}

/** The algorithm with which a key signs. @throws Error for a key that signs no certificates. */
export function signingAlgorithm(pem: string): { name: string; hash: string; namedCurve?: string } {
  const key = createPrivateKey(pem);
  if (key.asymmetricKeyType === 'rsa') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'prime256v1') return P256;
  if (curve === 'secp384r1') return { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' };
  throw new Error(`certificates cannot be signed with a key of type ${key.asymmetricKeyType} ${curve ?? ''}`);
}

/** A private key of any PEM form that Node.js reads, ready to sign. */
export async function importPrivateKey(pem: string, extractable = false): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return await webcrypto.subtle.importKey('pkcs8', der, signingAlgorithm(pem), extractable, ['sign']);
}
