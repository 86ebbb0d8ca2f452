import type { FastifyRequest } from 'fastify';

const TOKEN = "[\\w!#$%&'*+.^`|~-]+";
const MEDIA_TYPE = new RegExp(`^\\s*${TOKEN}/${TOKEN}\\s*(;|$)`);

/**
 * Lets Fastify read the body of a request whose content type is not of the form `type/subtype`. An empty one says
 * nothing, as upstream; any other is as unknown as a type that nothing here reads, and is refused in the same words.
 */
export function readableContentType({ headers }: FastifyRequest): void {
  const type = headers['content-type'];
  if (type === undefined || MEDIA_TYPE.test(type)) return;
  if (type.trim() === '') delete headers['content-type'];
  else headers['content-type'] = 'application/octet-stream';
}
