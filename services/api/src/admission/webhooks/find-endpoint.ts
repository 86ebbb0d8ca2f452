import { type WebhookClientConfig, webhookUrl } from '@everynode/objects';
import type { ApiContext } from '../../api-context.js';
import type { Endpoint } from './call-webhook.js';
import { CallError } from './webhook-error.js';

/**
 * Where a webhook is. A service is asked for at its external name: there is no network of a cluster here on which the
 * address of any other service leads anywhere. @throws CallError in upstream's words.
 */
export function findEndpoint({ reflector }: ApiContext, client: WebhookClientConfig, seconds: number): Endpoint {
  const { url, service, caBundle } = client;
  const ca = caBundle ? Buffer.from(caBundle, 'base64').toString() : undefined;
  if (url !== undefined) return { url, ca };
  if (!service) throw new CallError('webhook configuration must have either service or URL');
  const { namespace, name, port = 443 } = service;
  const address = webhookUrl(service);
  const refuse = (why: string) =>
    new CallError(`failed to call webhook: Post ${JSON.stringify(`${address}?timeout=${seconds}s`)}: ${why}`);
  const found = reflector.cache('services').get(namespace, name);
  if (!found) throw refuse(`service ${JSON.stringify(name)} not found`);
  const { type, externalName } = found.desired.spec ?? {};
  if (type !== 'ExternalName' || !externalName) {
    throw refuse(`no endpoints available for service ${JSON.stringify(name)}`);
  }
  return { url: address, ca, connectTo: { host: externalName, port } };
}
