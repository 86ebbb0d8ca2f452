import { isHealthCheck } from '../http/health-routes.js';

/** What a node that joins reads first, to find the authority of the cluster. It holds no secret, and is signed. */
const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';

/**
 * What a client without a credential may ask for at all. Everything else is refused before its body is read;
 * authorisation decides about these. Source: KEP-4633, with the paths that kubeadm lists.
 */
export function admitsAnonymous(method: string, path: string): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  return path === '/version' || path === CLUSTER_INFO || isHealthCheck(path);
}
