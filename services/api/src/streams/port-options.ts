import { ApiError } from '@everynode/objects';
import type { Query } from '../http/query.js';

/**
 * The ports of a WebSocket that speaks the plain protocol, from its query. Source: kubelet portforward, NewV4Options.
 * @param max how many there may be. @throws ApiError BadRequest
 */
export function portsOf(query: Query, max: number): number[] {
  const texts = query.all('ports').flatMap((text) => text.split(','));
  if (texts.length === 0) throw new ApiError('BadRequest', 'query parameter "port" is required');
  if (texts.length > max) throw new ApiError('BadRequest', `at most ${max} ports may be forwarded over one connection`);
  return texts.map((text) => {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port > 65535)
      throw new ApiError('BadRequest', `unable to parse ${JSON.stringify(text)} as a port`);
    if (port < 1) throw new ApiError('BadRequest', `port ${JSON.stringify(text)} must be > 0`);
    return port;
  });
}
