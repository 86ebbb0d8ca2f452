import { hkdfSync, randomBytes } from 'node:crypto';
import { createNkey, type Nkey } from './nkey.js';

/** The keys that decide who may use the bus. Each is derived from one secret, so nothing else has to be kept. */
export interface BusAuthority {
  /** Signs accounts. The server trusts what it has signed. */
  operator: Nkey;
  /** The account that changes accounts. */
  system: Nkey;
  /** The account of the services, which alone has JetStream. */
  services: Nkey;
  /** The account of one agent. */
  agent(name: string): Nkey;
}

const SECRET_BYTES = 32;

/** A new secret, as a text for a file. Its holder is the authority of the bus. */
export function createAuthoritySecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** @throws Error when it is not a secret as {@link createAuthoritySecret} makes it. */
export function authorityOf(secret: string): BusAuthority {
  const bytes = Buffer.from(secret.trim(), 'base64url');
  if (bytes.length !== SECRET_BYTES) throw new Error(`the secret of a bus has ${SECRET_BYTES} bytes in base64url`);
  const derived = (use: string) => new Uint8Array(hkdfSync('sha256', bytes, 'everynode bus', use, SECRET_BYTES));
  return {
    operator: createNkey('operator', derived('operator')),
    system: createNkey('account', derived('account system')),
    services: createNkey('account', derived('account services')),
    agent: (name) => createNkey('account', derived(`account agent ${name}`)),
  };
}
