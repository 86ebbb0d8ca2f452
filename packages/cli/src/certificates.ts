import { hostname } from 'node:os';
import { ensureCertificates, writeKubeconfig } from '@everynode/local-stack';

export interface CertificatesFlags {
  server: string;
  kubeconfig: string;
}

/**
 * Makes a CA, the api's certificate and an administrator's, where they are not there yet, and a kubeconfig to use them.
 */
export async function makeCertificates(directory: string, { server, kubeconfig }: CertificatesFlags): Promise<void> {
  const { pem } = await ensureCertificates(directory, hostname(), new Date());
  await writeKubeconfig(kubeconfig, server, pem.ca, pem.admin);
  process.stdout.write(`certificates are in ${directory}, the kubeconfig is ${kubeconfig}\n`);
}
