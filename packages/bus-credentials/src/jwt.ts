import { createHash } from 'node:crypto';
import type { Nkey } from './nkey.js';

/** The claims of a JWT of NATS (nats-io/jwt, version 2). Times are in seconds since 1970. */
export interface Claims {
  /** The public key that the claims are about. */
  sub: string;
  name: string;
  /** When the JWT ends; never without it. */
  exp?: number;
  nats: { type: 'operator' | 'account' | 'user'; version: 2; revocations?: Record<string, number>; tags?: string[] };
}

const HEADER = base64({ typ: 'JWT', alg: 'ed25519-nkey' });

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Signs claims. `now` is in ms since 1970, and is when the JWT was issued. Pure. */
export function encodeJwt(claims: Claims, issuer: Nkey, now: number): string {
  const body = { ...claims, aud: 'NATS', iss: issuer.publicKey, iat: Math.floor(now / 1000) };
  const jti = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  const signed = `${HEADER}.${base64({ ...body, jti })}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

/** Reads claims that come from the bus itself. The signature is not checked. @throws Error when it is not a JWT. */
export function readClaims(jwt: string): Claims {
  const [, body] = jwt.split('.');
  if (body === undefined) throw new Error('not a JWT');
  return JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
}
