import type { CertifiedKey } from '@everynode/certificates';
import { writeSecretFile } from '@everynode/service-shell/private-files';
import { stringify } from 'yaml';

const NAME = 'everynode';
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** A kubeconfig that needs no other file: server, authority and client certificate are embedded. */
function kubeconfig(server: string, ca: string, client: CertifiedKey): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: NAME, cluster: { server, 'certificate-authority-data': base64(ca) } }],
    users: [
      {
        name: 'everynode-admin',
        user: { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) },
      },
    ],
    contexts: [{ name: NAME, context: { cluster: NAME, user: 'everynode-admin' } }],
    'current-context': NAME,
  });
}

/** Writes the kubeconfig so that only its owner may read it, whole or not at all. */
export async function writeKubeconfig(path: string, server: string, ca: string, client: CertifiedKey): Promise<void> {
  await writeSecretFile(path, kubeconfig(server, ca, client));
}
