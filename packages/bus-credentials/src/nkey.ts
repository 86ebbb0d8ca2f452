import { createPrivateKey, createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';

/** What a key is for; the first letter of its public form. */
type NkeyKind = 'operator' | 'account' | 'user';

/** The prefix bytes of public keys and of seeds (nats-io/nkeys, strkey.go). */
const PREFIX: Record<NkeyKind, number> = { operator: 14 << 3, account: 0, user: 20 << 3 };
const SEED_PREFIX = 18 << 3;
const RAW_BYTES = 32;
/** What stands before a raw Ed25519 private key in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * An Ed25519 key in the form that NATS gives it. `publicKey` and `seed` are base32 texts; the seed is the secret.
 *
 * Signatures come from Node's own crypto: the client library's JavaScript takes 10 to 200 ms for one.
 */
export interface Nkey {
  publicKey: string;
  seed: string;
  sign(data: Uint8Array): Uint8Array;
}

/** Makes a key from 32 bytes; from random ones by default. Pure when they are given. */
export function createNkey(kind: NkeyKind, raw: Uint8Array = randomBytes(RAW_BYTES)): Nkey {
  const prefix = PREFIX[kind];
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, raw]), format: 'der', type: 'pkcs8' });
  return {
    publicKey: encode(Buffer.from([prefix]), rawPublicKey(key)),
    seed: encode(Buffer.from([SEED_PREFIX | (prefix >> 5), (prefix & 31) << 3]), raw),
    sign: (data) => sign(null, data, key),
  };
}

/** @throws Error when the text is not the seed of a user. It does not contain the text. */
export function userFromSeed(seed: string): Nkey {
  const bytes = decode(seed);
  const user = PREFIX.user;
  const isUser = bytes?.length === 2 + RAW_BYTES && bytes[0] === (SEED_PREFIX | (user >> 5));
  if (!bytes || !isUser || bytes[1] !== (user & 31) << 3) throw new Error('not the seed of a user of NATS');
  return createNkey('user', bytes.subarray(2));
}

/** True for the public key of a user: what an agent sends when it joins. */
export function isUserPublicKey(text: string): boolean {
  const bytes = decode(text);
  return bytes?.length === 1 + RAW_BYTES && bytes[0] === PREFIX.user;
}

function rawPublicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-RAW_BYTES);
}

function encode(prefix: Buffer, payload: Uint8Array): string {
  const content = Buffer.concat([prefix, payload]);
  const sum = Buffer.alloc(2);
  sum.writeUInt16LE(crc16(content));
  return toBase32(Buffer.concat([content, sum]));
}

/** The bytes without their checksum; undefined when the text is damaged. */
function decode(text: string): Buffer | undefined {
  const bytes = fromBase32(text);
  if (!bytes || bytes.length < 3) return undefined;
  const content = bytes.subarray(0, -2);
  return bytes.readUInt16LE(content.length) === crc16(content) ? content : undefined;
}

/** CRC-16/XMODEM. */
function crc16(data: Uint8Array): number {
  let crc = 0;
  for (const byte of data) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

/** RFC 4648 without padding. */
function toBase32(data: Uint8Array): string {
  let text = '';
  let bits = 0;
  let value = 0;
  for (const byte of data) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) text += BASE32[(value >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + BASE32[(value << (5 - bits)) & 31] : text;
}

function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const letter of text) {
    const digit = BASE32.indexOf(letter);
    if (digit < 0) return undefined;
    value = ((value << 5) | digit) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >> bits) & 0xff);
  }
  return Buffer.from(bytes);
}
