import { createHash } from 'node:crypto';

/**
 * Upper-case hexadecimal SHA-256 of a document. In quotes it is an ETag, without them the `hash` in an OpenAPI address.
 */
export function contentHash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex').toUpperCase();
}
