import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Secret } from '../kinds/api-types.js';

const BLOCK = /-----BEGIN ([^-\n]+)-----\r?\n[\s\S]*?-----END \1-----/g;

interface Block {
  type: string;
  pem: string;
}

const blocksOf = (base64: string | undefined): Block[] =>
  [
    ...Buffer.from(base64 ?? '', 'base64')
      .toString('latin1')
      .matchAll(BLOCK),
  ].map(([pem, type = '']) => ({ type, pem }));

const isKey = ({ type }: Block): boolean => type === 'PRIVATE KEY' || type.endsWith(' PRIVATE KEY');
const isCertificate = ({ type }: Block): boolean => type === 'CERTIFICATE';
const typesOf = (blocks: readonly Block[]): string => `[${blocks.map(({ type }) => type).join(' ')}]`;

/** Warns of a TLS secret that no server can use, in the words of Go's tls.X509KeyPair. */
export function keyPairWarnings({ type, data = {} }: Secret): string[] {
  if (type !== 'kubernetes.io/tls') return [];
  const fault = keyPairFault(blocksOf(data['tls.crt']), blocksOf(data['tls.key']));
  return fault === undefined ? [] : [`tls: ${fault}`];
}

function keyPairFault(inCertificate: readonly Block[], inKey: readonly Block[]): string | undefined {
  const skipped = 'after skipping PEM blocks of the following types:';
  const certificate = inCertificate.find(isCertificate);
  if (!certificate) {
    const [only, ...others] = inCertificate;
    if (!only) return 'failed to find any PEM data in certificate input';
    if (others.length === 0 && isKey(only)) {
      return 'failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched';
    }
    return `failed to find "CERTIFICATE" PEM block in certificate input ${skipped} ${typesOf(inCertificate)}`;
  }
  const key = inKey.find(isKey);
  if (!key) {
    const [only, ...others] = inKey;
    if (!only) return 'failed to find any PEM data in key input';
    if (others.length === 0 && isCertificate(only)) {
      return 'found a certificate rather than a key in the PEM for the private key';
    }
    return `failed to find PEM block with type ending in "PRIVATE KEY" in key input ${skipped} ${typesOf(inKey)}`;
  }
  return mismatch(certificate.pem, key.pem);
}

function mismatch(certificate: string, key: string): string | undefined {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(certificate);
  } catch {
    return 'failed to parse certificate';
  }
  try {
    return parsed.checkPrivateKey(createPrivateKey(key)) ? undefined : 'private key does not match public key';
  } catch {
    return 'failed to parse private key';
  }
}
