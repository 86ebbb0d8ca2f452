import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfPresent } from '@everynode/service-shell/private-files';

/** How the agent reaches the bus: an address, and paths of files that are read at each connection. */
interface BusFiles {
  url: string;
  credential: { credentialsFile: string; caFile: string };
}

/**
 * The files of an agent's identity. It loads nothing that makes keys or certificates: an agent that runs for months
 * only reads them.
 */
export class IdentityFiles {
  constructor(readonly path: string) {}

  get kubeconfig(): string {
    return join(this.path, 'kubeconfig');
  }

  /** Where the credential of the bus is. */
  protected get busCredential(): BusFiles['credential'] {
    return { credentialsFile: join(this.path, 'bus.creds'), caFile: join(this.path, 'bus-ca.crt') };
  }

  /** How the agent reaches the bus. @throws Error where the cluster has issued no credential. */
  async bus(): Promise<BusFiles> {
    const url = await readIfPresent(join(this.path, 'bus.url'));
    if (url === undefined) {
      throw new Error('the cluster issued no credential of the bus: its api needs NATS_AUTHORITY');
    }
    return { url: url.trim(), credential: this.busCredential };
  }

  /** What connections need. @throws Error before the agent has joined. */
  async read(): Promise<{ ca: string; pem: string; notBefore: number; notAfter: number }> {
    const [ca, pem] = await Promise.all(['ca.crt', 'agent.pem'].map((name) => readFile(join(this.path, name), 'utf8')));
    if (ca === undefined || pem === undefined) throw new Error(`${this.path} holds no identity`);
    const { validFrom, validTo } = new X509Certificate(pem);
    return { ca, pem, notBefore: Date.parse(validFrom), notAfter: Date.parse(validTo) };
  }

  /** The address of the api that the agent has joined. */
  async server(): Promise<string> {
    const [, server] = /^ +server: (\S+)$/m.exec(await readFile(this.kubeconfig, 'utf8')) ?? [];
    if (server === undefined) throw new Error(`${this.kubeconfig} names no server`);
    return server;
  }
}
