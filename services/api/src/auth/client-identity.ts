import type { TLSSocket } from 'node:tls';

/** Who makes a request. */
export interface Identity {
  user: string;
  groups: string[];
  /** Of a service account. */
  uid?: string;
  /** What else a token says. */
  extra?: Record<string, string[]>;
}

/** A connection's certificate is that of its handshake, and reading it out is a third of what a GET costs. */
const known = new WeakMap<TLSSocket, { identity: Identity | undefined }>();

/**
 * The identity in the client's certificate: common name and organisations (apiserver authentication x509). Undefined
 * without a certificate that the client CA has signed.
 */
export function identityOf(socket: TLSSocket): Identity | undefined {
  let read = known.get(socket);
  if (!read) {
    read = { identity: readCertificate(socket) };
    known.set(socket, read);
  }
  return read.identity;
}

function readCertificate(socket: TLSSocket): Identity | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  if (!subject?.CN) return undefined;
  const organisations: unknown = subject.O;
  const groups = Array.isArray(organisations)
    ? organisations.map(String)
    : organisations
      ? [String(organisations)]
      : [];
  return { user: String(subject.CN), groups: [...groups, 'system:authenticated'] };
}
