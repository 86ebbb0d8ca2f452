import { readFile } from 'node:fs/promises';
import type { AgentOptions } from 'node:https';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** How a client reaches an api. */
export interface ApiAccess {
  server: string;
  tls: Pick<AgentOptions, 'ca' | 'cert' | 'key' | 'rejectUnauthorized'>;
  headers: Record<string, string>;
}

interface Kubeconfig {
  'current-context'?: string;
  contexts?: { name: string; context: { cluster: string; user: string } }[];
  clusters?: { name: string; cluster: Record<string, string | boolean> }[];
  users?: { name: string; user: Record<string, string> }[];
}

/**
 * Reads the current context of a kubeconfig: certificates and tokens, in it or in files.
 * @throws Error when there is no such context, or a file cannot be read.
 */
export async function readKubeconfig(file: string): Promise<ApiAccess> {
  const config = parse(await readFile(file, 'utf8')) as Kubeconfig;
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  const user = config.users?.find(({ name }) => name === context?.user)?.user ?? {};
  if (typeof cluster?.server !== 'string') throw new Error(`${file} has no cluster for its current context`);
  const bytes = async (from: Record<string, string | boolean>, key: string): Promise<Buffer | undefined> => {
    const [data, path] = [from[`${key}-data`], from[key]];
    if (typeof data === 'string') return Buffer.from(data, 'base64');
    return typeof path === 'string' ? readFile(resolve(dirname(file), path)) : undefined;
  };
  const [ca, cert, key] = await Promise.all([
    bytes(cluster, 'certificate-authority'),
    bytes(user, 'client-certificate'),
    bytes(user, 'client-key'),
  ]);
  return {
    server: cluster.server,
    tls: {
      ...(ca && { ca }),
      ...(cert && { cert }),
      ...(key && { key }),
      rejectUnauthorized: cluster['insecure-skip-tls-verify'] !== true,
    },
    headers: user.token === undefined ? {} : { authorization: `Bearer ${user.token}` },
  };
}
