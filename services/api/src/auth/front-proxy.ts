import type { IncomingHttpHeaders } from 'node:http';
import type { CertificatePool } from './certificate-pool.js';
import { authenticated, type Identity } from './identity.js';
import type { PresentedCertificate } from './presented-certificate.js';

/** Proxies that authenticate clients by themselves, and say in headers who the client is. */
export interface FrontProxies {
  /** Signs the certificates of proxies, and of nothing else. */
  pool: CertificatePool;
  /** Common names that proxies may have; any when empty. */
  allowedNames: readonly string[];
}

const USER = 'x-remote-user';
const UID = 'x-remote-uid';
const GROUP = 'x-remote-group';
const EXTRA = 'x-remote-extra-';

/**
 * The identity that a proxy names. Undefined for a connection that is no proxy's, and for a request without a user.
 * Source: apiserver/pkg/authentication/request/headerrequest; the header names are kubeadm's.
 * @param raw names and values in turn, as they came: equal headers are not joined.
 */
export function identityOfProxy(
  { pool, allowedNames }: FrontProxies,
  presented: PresentedCertificate,
  raw: readonly string[],
  now: number,
): Identity | undefined {
  if (!pool.trusts(presented, now)) return undefined;
  if (allowedNames.length > 0 && !allowedNames.includes(presented.commonName)) return undefined;
  return identityInHeaders(raw);
}

function identityInHeaders(raw: readonly string[]): Identity | undefined {
  let user = '';
  let uid = '';
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]?.toLowerCase() ?? '';
    const value = raw[at + 1] ?? '';
    if (name === USER) user ||= value;
    else if (name === UID) uid ||= value;
    else if (name === GROUP) groups.push(value);
    else if (name.startsWith(EXTRA)) {
      const key = unescaped(name.slice(EXTRA.length));
      extra.set(key, [...(extra.get(key) ?? []), value]);
    }
  }
  if (user === '') return undefined;
  return authenticated({
    user,
    groups,
    ...(uid !== '' && { uid }),
    ...(extra.size > 0 && { extra: Object.fromEntries(extra) }),
  });
}

/** A key with characters that no header name may have is percent-encoded; one that cannot be decoded stays. */
function unescaped(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

/** Takes the headers away, so that nothing behind authentication can take a client's word for a proxy's. */
export function dropProxyHeaders(headers: IncomingHttpHeaders): void {
  for (const name of Object.keys(headers)) {
    if (name === USER || name === UID || name === GROUP || name.startsWith(EXTRA)) delete headers[name];
  }
}
