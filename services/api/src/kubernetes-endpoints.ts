import { isIP } from 'node:net';
import { canonicalJson } from '@everynode/objects';
import type { ApiContext } from './api-context.js';
import { type Creatable, ensureObject } from './ensure-object.js';

const NAMESPACE = 'default';
const NAME = 'kubernetes';
const HTTPS = 443;

/** The address and the port of a URL; undefined for a host that is a name. */
function addressOf(url: string): { ip: string; port: number } | undefined {
  const { hostname, port } = new URL(url);
  const host = hostname === 'localhost' ? '127.0.0.1' : hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? undefined : { ip: host, port: Number(port) || HTTPS };
}

/**
 * Keeps the Endpoints and the EndpointSlice of the service `kubernetes`: where clients find the API.
 * Source: pkg/controlplane/reconcilers, EndpointsAdapter.
 */
export async function ensureKubernetesEndpoints(context: ApiContext, publicUrl: string): Promise<void> {
  const address = addressOf(publicUrl);
  if (!address) return;
  const { ip, port } = address;
  const ports = [{ name: 'https', port, protocol: 'TCP' }];
  await ensureSame(context, 'endpoints', {
    metadata: { name: NAME, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: [{ ip }], ports }],
  });
  await ensureSame(context, 'endpointslices.discovery.k8s.io', {
    metadata: { name: NAME, labels: { 'kubernetes.io/service-name': NAME } },
    addressType: ip.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [ip], conditions: { ready: true } }],
    ports,
  });
}

/** Creates an object, or puts its content right: a cluster may be started again at another address. */
async function ensureSame(
  context: ApiContext,
  resource: 'endpoints' | 'endpointslices.discovery.k8s.io',
  value: Creatable,
): Promise<void> {
  if (await ensureObject(context, resource, NAMESPACE, value)) return;
  const { metadata: _metadata, ...desired } = value;
  const isRight = (found: string): boolean => canonicalJson(JSON.parse(found)) === canonicalJson(desired);
  const cached = context.reflector.cache(resource).get(NAMESPACE, NAME);
  // A replica that finds all as it should be asks Postgres nothing.
  if (!cached || isRight(cached.record.desired)) return;
  await context.store.write({
    key: { resource, namespace: NAMESPACE, name: NAME },
    reads: 'all',
    decide: (current) =>
      !current || isRight(current.desired)
        ? { kind: 'keep' }
        : { kind: 'update', parts: { desired: JSON.stringify(desired) } },
  });
}
