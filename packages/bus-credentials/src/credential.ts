import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from '@nats-io/transport-node';
import { type Nkey, userFromSeed } from './nkey.js';

/** What a process connects to the bus with: paths of files. */
export interface BusCredential {
  /** The JWT of a user, and the seed of its key: a creds file of NATS. Only its owner may read it. */
  credentialsFile: string;
  /** The certificate authority that the server's certificate is signed by, as PEM. */
  caFile: string;
}

const BLOCK = /^-+BEGIN ([A-Z ]+?)-+\r?\n(.+)\r?\n-+END \1-+/gm;

/** The text of a creds file. */
export function credentialsText(jwt: string, { seed }: Pick<Nkey, 'seed'>): string {
  const block = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
  return `${block('NATS USER JWT', jwt)}\n${block('USER NKEY SEED', seed)}`;
}

/** Reads the text of a creds file. @throws Error when something is missing; it contains no part of the text. */
export function parseCredentials(text: string): { jwt: string; key: Nkey } {
  const blocks = new Map([...text.matchAll(BLOCK)].map(([, name, content]) => [name, content?.trim()]));
  const [jwt, seed] = [blocks.get('NATS USER JWT'), blocks.get('USER NKEY SEED')];
  if (!jwt || !seed) throw new Error('a creds file has a JWT of a user and the seed of its key');
  return { jwt, key: userFromSeed(seed) };
}

/** How a client of NATS proves who it is, and checks that it speaks with the right server. */
export type ProofOptions = Required<Pick<ConnectionOptions, 'authenticator' | 'tls'>>;

/** The proof of a user. `ca` is a PEM text. */
export function proofOf(jwt: string, key: Nkey, ca: string): ProofOptions {
  return {
    tls: { ca },
    authenticator: (nonce = '') => ({
      jwt,
      nkey: key.publicKey,
      sig: Buffer.from(key.sign(Buffer.from(nonce))).toString('base64'),
    }),
  };
}

/**
 * Options for `connect` of the NATS client. The files are read each time: a credential may have been renewed.
 * @throws Error when a file cannot be read or is no credential.
 */
export async function connectionProof({ credentialsFile, caFile }: BusCredential): Promise<ProofOptions> {
  const [text, ca] = await Promise.all([readFile(credentialsFile, 'utf8'), readFile(caFile, 'utf8')]);
  const { jwt, key } = parseCredentials(text);
  return proofOf(jwt, key, ca);
}
