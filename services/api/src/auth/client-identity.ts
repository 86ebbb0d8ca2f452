import type { TLSSocket } from 'node:tls';

/** The client of a request, as authentication found it. */
export interface Identity {
  user: string;
  groups: string[];
  /** Only service accounts have one. */
  uid?: string;
  /** Further claims of a token. */
  extra?: Record<string, string[]>;
}

/**
 * By connection: its certificate does not change after the handshake, and reading it costs a third of a whole GET.
 */
const known = new WeakMap<TLSSocket, { identity: Identity | undefined }>();

/**
 * Returns the identity in the client's certificate: common name and organisations (apiserver authentication x509);
 * undefined without a certificate that the client CA has signed.
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
