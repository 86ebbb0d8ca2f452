import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import type { EncryptionKey } from './key-file.js';

/** What sealed text begins with. It is JSON, as the columns and the messages want it. */
const BEGIN = '{"everynode.io/sealed":"v1:';
const END = '"}';
const SALT_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/**
 * A key for one text, so that a key of the file may serve any number of texts: random nonces of AES-GCM under one key
 * are safe for 2^32 texts only.
 */
const keyFor = ({ key }: EncryptionKey, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync('sha256', key, salt, 'everynode sealed text v1', 32));

/** Encrypts text. `place` says what it belongs to: it opens at no other place. */
export function sealText(text: string, place: string, key: EncryptionKey): string {
  const salt = randomBytes(SALT_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyFor(key, salt), nonce).setAAD(Buffer.from(place));
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const whole = Buffer.concat([salt, nonce, cipher.getAuthTag(), body]);
  return `${BEGIN}${key.id}:${whole.toString('base64')}${END}`;
}

/** The id of the key that text is sealed with; undefined for text that is not sealed. */
export function keyIdOf(text: string): string | undefined {
  return text.startsWith(BEGIN) ? text.slice(BEGIN.length, text.indexOf(':', BEGIN.length)) : undefined;
}

/** Decrypts sealed text. @throws Error when the key or the place is another one, or the text was changed. */
export function openText(text: string, place: string, key: EncryptionKey): string {
  const whole = Buffer.from(text.slice(text.indexOf(':', BEGIN.length) + 1, -END.length), 'base64');
  const nonceAt = SALT_BYTES;
  const tagAt = nonceAt + NONCE_BYTES;
  const bodyAt = tagAt + TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, keyFor(key, whole.subarray(0, nonceAt)), whole.subarray(nonceAt, tagAt), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(place)).setAuthTag(whole.subarray(tagAt, bodyAt));
  return Buffer.concat([decipher.update(whole.subarray(bodyAt)), decipher.final()]).toString('utf8');
}
