import type { ServiceReference } from './kinds/api-types.js';

/** The URL of a webhook that is a service. Source: apiserver pkg/util/webhook, ClientManager.HookClient. */
export const webhookUrl = ({ namespace, name, path = '', port = 443 }: ServiceReference): string =>
  `https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? path : `/${path}`}`;
