import { createHash, createPublicKey, verify, webcrypto } from 'node:crypto';
import type { AlternativeName } from './issue-certificate.js';
import { importPrivateKey, signingAlgorithm } from './keys.js';
import * as x509 from './x509.js';

/** What a request for a certificate asks for. */
export interface SigningRequest {
  /** The last common name, as Go reads a subject; empty where there is none. */
  commonName: string;
  organisations: string[];
  names: AlternativeName[];
  publicKey: x509.PublicKey;
  /** The SHA-256 of the public key in DER form, hexadecimal. */
  keyHash: string;
}

export interface RequestedSubject {
  commonName: string;
  organisations?: readonly string[];
  names?: readonly AlternativeName[];
}

/** Returns the PEM of a PKCS#10 request that a private key (PEM) signs. */
export async function createSigningRequest(key: string, subject: RequestedSubject): Promise<string> {
  const { commonName, organisations = [], names = [] } = subject;
  const algorithm = signingAlgorithm(key);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: [...organisations.map((organisation) => ({ O: [organisation] })), { CN: [commonName] }],
    keys: {
      privateKey: await importPrivateKey(key),
      publicKey: await webcrypto.subtle.importKey('spki', spki, algorithm, true, ['verify']),
    },
    signingAlgorithm: algorithm,
    extensions: names.length > 0 ? [new x509.SubjectAlternativeNameExtension([...names])] : [],
  });
  return `${request.toString('pem')}\n`;
}

const BLOCK = /^\s*-----BEGIN CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE REQUEST-----\s*$/;
/** A request for a key of 16,384 bits with a hundred names is smaller. */
const MAX_CHARACTERS = 64 * 1024;

/**
 * Reads a request: one PEM block of type CERTIFICATE REQUEST, whose signature proves that the client has the key.
 * @throws Error for any other text.
 */
export function readSigningRequest(pem: string): SigningRequest {
  if (pem.length > MAX_CHARACTERS || !BLOCK.test(pem)) throw new Error('PEM block type must be CERTIFICATE REQUEST');
  const request = new x509.Pkcs10CertificateRequest(pem.trim());
  const spki = Buffer.from(request.publicKey.rawData);
  requireSignature(request, spki);
  const { subjectName, publicKey } = request;
  const alternatives = request.extensions.find((one) => one instanceof x509.SubjectAlternativeNameExtension);
  return {
    commonName: subjectName.getField('CN').at(-1) ?? '',
    organisations: subjectName.getField('O'),
    names: (alternatives?.names.items ?? []).map(({ type, value }) => alternativeName(type, value)),
    publicKey,
    keyHash: createHash('sha256').update(spki).digest('hex'),
  };
}

/** The library checks signatures only later, and validation cannot wait. */
function requireSignature(request: x509.Pkcs10CertificateRequest, spki: Buffer): void {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const { hash } = request.signatureAlgorithm as { hash?: { name?: string } };
  // Ed25519 hashes by itself.
  const digest = key.asymmetricKeyType === 'ed25519' ? null : (hash?.name?.replace('-', '') ?? 'SHA256');
  const signed = firstElement(Buffer.from(request.rawData));
  if (!verify(digest, signed, key, Buffer.from(request.signature))) {
    throw new Error('x509: the signature of the certificate request does not hold');
  }
}

/** The first element of a DER sequence, with its head: what a PKCS#10 request signs. */
function firstElement(der: Buffer): Buffer {
  const start = headAt(der, 0).content;
  const { content, length } = headAt(der, start);
  return der.subarray(start, content + length);
}

/** Where the content of a DER element begins, and how long it is. */
function headAt(der: Buffer, at: number): { content: number; length: number } {
  const first = der[at + 1] ?? 0;
  if (first < 0x80) return { content: at + 2, length: first };
  const size = first & 0x7f;
  if (size === 0 || size > 4) throw new Error('a length in the certificate request cannot be read');
  return { content: at + 2 + size, length: der.readUIntBE(at + 2, size) };
}

const TYPES: readonly string[] = ['dns', 'ip', 'email', 'url'];

function alternativeName(type: string, value: string): AlternativeName {
  if (!TYPES.includes(type)) throw new Error(`a certificate request must not ask for a name of type ${type}`);
  return { type: type as AlternativeName['type'], value };
}
