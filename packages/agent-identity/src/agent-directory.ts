import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createKey } from '@everynode/certificates';
import { stringify } from 'yaml';

const OWNER_ONLY = 0o600;

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
    await mkdir(this.path, { recursive: true, mode: 0o700 });
    await chmod(this.path, 0o700);
  }

  /** The key of a request that is under way; a new one where there is none. A retry must not ask with another key. */
  async pendingKey(): Promise<string> {
    const known = await readIfPresent(this.#pending);
    if (known !== undefined) return known;
    const key = await createKey();
    await this.#write(this.#pending, key);
    return key;
  }

  /** Keeps a certificate for the pending key: from now on it is the agent's identity. */
  async keep(certificate: string): Promise<void> {
    const key = await this.pendingKey();
    await this.#write(join(this.path, 'agent.pem'), `${certificate.trimEnd()}\n${key}`);
    await rm(this.#pending, { force: true });
  }

  /** Writes the address and the authority of the cluster. */
  async describeCluster(server: string, ca: string): Promise<void> {
    await this.#write(join(this.path, 'ca.crt'), ca);
    await this.#write(this.kubeconfig, kubeconfig(server));
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

  /** The file appears whole or not at all. */
  async #write(path: string, content: string): Promise<void> {
    const draft = `${path}.${process.pid}.draft`;
    await writeFile(draft, content, { mode: OWNER_ONLY });
    await rename(draft, path);
  }
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
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
