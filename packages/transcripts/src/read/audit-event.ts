import type { Exchange, JsonObject } from '../exchange.js';
import { UnreadableError } from './unreadable-error.js';

/**
 * Whether a value is an event of an API server's audit log. At the level RequestResponse, such a log is a recording.
 */
export const isAuditEvent = (value: JsonObject): boolean =>
  value.kind === 'Event' && typeof value.requestURI === 'string' && typeof value.verb === 'string';

const METHODS: Record<string, string> = {
  get: 'GET',
  list: 'GET',
  watch: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
};

/**
 * The exchange of an audit event. The log has no headers, so the type of a patch is guessed from its form.
 * @throws UnreadableError
 */
export function auditExchange(event: JsonObject): Pick<Exchange, 'name' | 'request' | 'answer'> {
  const { requestURI: path, verb, requestObject, responseObject, responseStatus, userAgent } = event;
  const method = typeof verb === 'string' ? METHODS[verb] : undefined;
  if (method === undefined || typeof path !== 'string') {
    throw new UnreadableError(`an audit event has the verb ${JSON.stringify(verb)}`);
  }
  const { code } = (responseStatus ?? {}) as { code?: unknown };
  return {
    name: `${method} ${path}`,
    request: {
      method,
      path,
      headers: typeof userAgent === 'string' ? { 'user-agent': [userAgent] } : {},
      body: requestObject ? { kind: 'value', value: requestObject } : { kind: 'none' },
    },
    answer: {
      status: typeof code === 'number' ? code : undefined,
      headers: {},
      body: responseObject ? { kind: 'value', value: responseObject } : undefined,
    },
  };
}
