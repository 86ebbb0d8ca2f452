import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Secret } from '../kinds/api-types.js';

const BEGIN = /-----BEGIN ([^-\n]+)-----\r?\n/g;
/** The dashes of one line may be those of the next. */
const END = /-----END (?=([^-\n]+)-----)/g;

interface Block {
  type: string;
  pem: string;
}

/** Each block from a BEGIN to the first END of its type. Text is read once, whatever it has of either. */
function blocksOf(base64: string | undefined): Block[] {
  const text = Buffer.from(base64 ?? '', 'base64').toString('latin1');
  // By type, the last one first.
  const ends = new Map<string, number[]>();
  for (const { 1: type = '', index } of text.matchAll(END)) {
    const found = ends.get(type);
    if (found) found.push(index);
    else ends.set(type, [index]);
  }
  for (const found of ends.values()) found.reverse();
  const blocks: Block[] = [];
  let next = 0;
  for (const { 0: line, 1: type = '', index } of text.matchAll(BEGIN)) {
    if (index < next) continue;
    const left = ends.get(type) ?? [];
    const from = index + line.length;
    while ((left.at(-1) ?? from) < from) left.pop();
    const end = left.at(-1);
    if (end === undefined) continue;
    next = end + `-----END ${type}-----`.length;
    blocks.push({ type, pem: text.slice(index, next) });
  }
  return blocks;
}

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
