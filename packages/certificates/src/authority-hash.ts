import { createHash, X509Certificate } from 'node:crypto';

/**
 * `sha256:…` of the public key of an authority (PEM), which says which authority a joiner may trust. A new certificate
 * for the same key has the same hash. Source: kubeadm, cmd/kubeadm/app/util/pubkeypin.
 */
export function authorityHash(certificate: string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256:${createHash('sha256').update(spki).digest('hex')}`;
}
