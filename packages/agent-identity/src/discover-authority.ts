import { createHmac, timingSafeEqual } from 'node:crypto';
import { authorityHash } from '@everynode/certificates';
import { parse } from 'yaml';
import { ask } from './api.js';

const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';

/**
 * Finds the authority of a cluster that is not trusted yet: what the server says of itself counts only where its
 * authority has the hash that the joiner was given, and where the token has signed it.
 * Source: kubeadm, cmd/kubeadm/app/discovery/token.
 * @throws Error where one of the two does not hold.
 */
export async function discoverAuthority(server: string, token: string, caHash: string): Promise<string> {
  const { data = {} } = await ask<{ data?: Record<string, string> }>({ server, ca: undefined }, 'GET', CLUSTER_INFO);
  const { kubeconfig = '' } = data;
  const [id = '', secret = ''] = token.split('.');
  if (!isSigned(kubeconfig, data[`jws-kubeconfig-${id}`] ?? '', secret)) {
    throw new Error(
      `the information of ${server} is not signed with the token: it may have expired, or the server is another`,
    );
  }
  const config = parse(kubeconfig) as { clusters?: { cluster?: Record<string, string> }[] };
  const encoded = config.clusters?.[0]?.cluster?.['certificate-authority-data'] ?? '';
  const ca = Buffer.from(encoded, 'base64').toString();
  if (authorityHash(ca) !== caHash) throw new Error(`the authority of ${server} has not the hash ${caHash}`);
  return ca;
}

function isSigned(content: string, detached: string, secret: string): boolean {
  const [header = '', none, signature = ''] = detached.split('.');
  if (none !== '') return false;
  const payload = Buffer.from(content).toString('base64url');
  const expected = createHmac('sha256', secret).update(`${header}.${payload}`).digest();
  const actual = Buffer.from(signature, 'base64url');
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}
