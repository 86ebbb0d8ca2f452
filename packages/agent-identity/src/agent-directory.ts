import { X509Certificate } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createKey } from '@everynode/certificates';
import { makePrivateDirectory, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { stringify } from 'yaml';

/** The files of an agent's identity. Only their owner may read them. */
export class AgentDirectory {
  constructor(readonly path: string) {}

  get kubeconfig(): string {
    return join(this.path, 'kubeconfig');
  }

  get #pending(): string {
    return join(this.path, 'pending.key');
  }

  async prepare(): Promise<void> {
    await makePrivateDirectory(this.path);
  }

  /** The key of a request that is under way; a new one where there is none. A retry must not ask with another key. */
  async pendingKey(): Promise<string> {
    const known = await readIfPresent(this.#pending);
    if (known !== undefined) return known;
    const key = await createKey();
    await writeSecretFile(this.#pending, key);
    return key;
  }

  /** Keeps a certificate for the pending key: from now on it is the agent's identity. */
  async keep(certificate: string): Promise<void> {
    const key = await this.pendingKey();
    await writeSecretFile(join(this.path, 'agent.pem'), `${certificate.trimEnd()}\n${key}`);
    await rm(this.#pending, { force: true });
  }

  /** Writes the address and the authority of the cluster. */
  async describeCluster(server: string, ca: string): Promise<void> {
    await writeSecretFile(join(this.path, 'ca.crt'), ca);
    await writeSecretFile(this.kubeconfig, kubeconfig(server));
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

/** Names of files are relative to the kubeconfig, so that a renewal does not touch it. */
const kubeconfig = (server: string): string =>
  stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'everynode', cluster: { server, 'certificate-authority': 'ca.crt' } }],
    users: [{ name: 'agent', user: { 'client-certificate': 'agent.pem', 'client-key': 'agent.pem' } }],
    contexts: [{ name: 'everynode', context: { cluster: 'everynode', user: 'agent' } }],
    'current-context': 'everynode',
  });
