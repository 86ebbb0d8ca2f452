import { readFile } from 'node:fs/promises';
import { ControlClient } from '@everynode/local-stack/control';
import { ApiClient, type ApiResponse, messageOf } from './api-client.js';
import { checkoutState } from './checkout.js';

export interface ClusterFlags {
  /** Of a cluster that was not started here. */
  kubeconfig?: string;
}

interface Cluster {
  api: ApiClient;
  server: string;
  /** The CA of the api, as PEM. */
  ca: string;
}

/** The cluster of a kubeconfig, or else that of this checkout. The client is to be closed. */
export async function openCluster({ kubeconfig }: ClusterFlags): Promise<Cluster> {
  if (kubeconfig !== undefined) {
    const { readKubeconfig } = await import('@everynode/doctor');
    const access = await readKubeconfig(kubeconfig);
    return { api: ApiClient.with(access), server: access.server, ca: String(access.tls.ca ?? '') };
  }
  const paths = checkoutState();
  const { endpoint } = await new ControlClient(paths.run).status();
  return {
    api: await ApiClient.open(endpoint, paths),
    server: endpoint,
    ca: await readFile(`${paths.pki}/ca.crt`, 'utf8'),
  };
}

/** @throws Error with the api's words for an answer that is no success. */
export function bodyOf(what: string, { status, body }: ApiResponse): unknown {
  if (status < 200 || status > 299) throw new Error(`${what}: ${status} ${messageOf(body)}`);
  return body;
}
