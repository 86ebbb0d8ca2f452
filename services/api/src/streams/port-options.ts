import { ApiError } from '@everynode/objects';
import type { Query } from '../http/query.js';

/**
 * The ports of a WebSocket that speaks the plain protocol, from its query. Source: kubelet portforward, NewV4Options.
 * @throws ApiError BadRequest
 */
export function portsOf(query: Query): number[] {
  const texts = query.all('ports').flatMap((text) => text.split(','));
  if (texts.length === 0) throw new ApiError('BadRequest', 'query parameter "port" is required');
  return texts.map((text) => {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65535)
      throw new ApiError('BadRequest', `unable to parse ${JSON.stringify(text)} as a port`);
    if (port < 1) throw new ApiError('BadRequest', `port ${JSON.stringify(text)} must be > 0`);
    return port;
  });
}
