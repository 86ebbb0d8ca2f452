import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** A client's certificate, and when it begins and ends to be good, in ms since the epoch. */
export interface PresentedCertificate {
  certificate: X509Certificate;
  /** The TLS layer has found its chain good, for one of the authorities of all kinds of clients. */
  verified: boolean;
  notBefore: number;
  notAfter: number;
  /** The last common name, as Go reads a subject; empty where there is none. */
  commonName: string;
  organisations: string[];
}

/**
 * By connection: its certificate does not change after the handshake, and reading it costs a third of a whole GET.
 */
const known = new WeakMap<TLSSocket, { presented: PresentedCertificate | undefined }>();

/** The certificate that a client has presented, trusted or not; undefined without one. */
export function presentedCertificate(socket: TLSSocket): PresentedCertificate | undefined {
  let read = known.get(socket);
  if (!read) {
    read = { presented: readCertificate(socket) };
    known.set(socket, read);
  }
  return read.presented;
}

function readCertificate(socket: TLSSocket): PresentedCertificate | undefined {
  // A plain socket of a test has no such method.
  const certificate = socket.getPeerX509Certificate?.();
  if (!certificate) return undefined;
  const { subject } = certificate.toLegacyObject();
  return {
    certificate,
    verified: socket.authorized,
    notBefore: Date.parse(certificate.validFrom),
    notAfter: Date.parse(certificate.validTo),
    commonName: textsOf(subject?.CN).at(-1) ?? '',
    organisations: textsOf(subject?.O),
  };
}

/** A field that is there several times is an array. */
function textsOf(field: unknown): string[] {
  if (field === undefined) return [];
  return Array.isArray(field) ? field.map(String) : [String(field)];
}
