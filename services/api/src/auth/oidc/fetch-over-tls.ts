import { request } from 'node:https';

const TIMEOUT_MS = 5000;
/** Key sets are a few KiB. */
const MAX_BYTES = 1 << 20;

/**
 * Reads a document over https. Redirects are not followed: an issuer's address is exact.
 * @param ca PEM of the authorities to trust; undefined for those that Node.js trusts.
 */
export function fetchOverTls(url: string, ca: string | undefined): Promise<Response> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { ...(ca !== undefined && { ca }), agent: false, timeout: TIMEOUT_MS, headers: { accept: 'application/json' } },
      (incoming) => {
        const chunks: Buffer[] = [];
        let size = 0;
        incoming.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > MAX_BYTES) outgoing.destroy(new Error(`${url} is larger than ${MAX_BYTES} bytes`));
          else chunks.push(chunk);
        });
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve(new Response(Buffer.concat(chunks).toString(), { status: incoming.statusCode ?? 500 })),
        );
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error(`${url} did not answer in ${TIMEOUT_MS} ms`)));
    outgoing.once('error', reject);
    outgoing.end();
  });
}
