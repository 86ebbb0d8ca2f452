import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createNkey, credentialsText, type Nkey, userFromSeed } from '@everynode/bus-credentials';
import { createKey } from '@everynode/certificates';
import { makePrivateDirectory, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { stringify } from 'yaml';
import { IdentityFiles } from './identity-files.js';

/** What an agent has made for a request, and keeps until it is answered. */
interface PendingKeys {
  /** PEM of the private key that gets a certificate. */
  key: string;
  /** The key of the bus that gets a credential. */
  busKey: Nkey;
}

/** What a request is answered with. */
export interface Answer {
  /** PEM. */
  certificate: string;
  /** Undefined where the cluster issues no credentials of the bus. */
  bus: BusAnswer | undefined;
}

export interface BusAnswer {
  /** The JWT of the bus key. */
  credential: string;
  url: string;
  /** The authority of the bus's certificate, as PEM. */
  ca: string;
}

/** The files of an agent's identity, and what writes them. Only their owner may read them. */
export class AgentDirectory extends IdentityFiles {
  get #pending(): string {
    return join(this.path, 'pending.key');
  }

  get #pendingBus(): string {
    return join(this.path, 'pending-bus.seed');
  }

  async prepare(): Promise<void> {
    await makePrivateDirectory(this.path);
  }

  /** The keys of a request that is under way; new ones where there is none. A retry must not ask with other keys. */
  async pendingKeys(): Promise<PendingKeys> {
    const [key, seed] = await Promise.all([readIfPresent(this.#pending), readIfPresent(this.#pendingBus)]);
    const pending = { key: key ?? (await createKey()), busKey: seed ? userFromSeed(seed.trim()) : createNkey('user') };
    if (key === undefined) await writeSecretFile(this.#pending, pending.key);
    if (seed === undefined) await writeSecretFile(this.#pendingBus, `${pending.busKey.seed}\n`);
    return pending;
  }

  /**
   * Has the next request name another key of the bus. The key of the certificate stays: a token for one use serves no
   * other.
   */
  async forgetBusKey(): Promise<void> {
    await rm(this.#pendingBus, { force: true });
  }

  /** Keeps the answer to the pending keys: from now on it is the agent's identity. */
  async keep({ certificate, bus }: Answer): Promise<void> {
    const { key, busKey } = await this.pendingKeys();
    if (bus) {
      const credential = this.busCredential;
      await writeSecretFile(credential.caFile, bus.ca);
      await writeSecretFile(join(this.path, 'bus.url'), `${bus.url}\n`);
      await writeSecretFile(credential.credentialsFile, credentialsText(bus.credential, busKey));
    }
    await writeSecretFile(join(this.path, 'agent.pem'), `${certificate.trimEnd()}\n${key}`);
    await Promise.all([this.#pending, this.#pendingBus].map((file) => rm(file, { force: true })));
  }

  /** Writes the address and the authority of the cluster. */
  async describeCluster(server: string, ca: string): Promise<void> {
    await writeSecretFile(join(this.path, 'ca.crt'), ca);
    await writeSecretFile(this.kubeconfig, kubeconfig(server));
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
