import { AgentTraffic, type TrafficOptions } from '@everynode/bus';
import { AgentAccounts, agentUserJwt, type BusAuthority } from '@everynode/bus-credentials';
import type { CertificateSigningRequest, Stored } from '@everynode/objects';
import type { RevokedCertificate } from '@everynode/store';

/** Annotations of a request for a certificate, by which an agent gets its credential of the bus beside it. */
export const BUS_ANNOTATIONS = {
  /** Of the agent: the public key that is to get a credential. */
  key: 'everynode.io/bus-key',
  /** Of the signer: the credential, a JWT. It is no secret. */
  credential: 'everynode.io/bus-credential',
  /** Of the signer: where the bus is, and the authority of its certificate, as PEM. */
  url: 'everynode.io/bus-url',
  authority: 'everynode.io/bus-authority',
} as const;

/** The public key of the bus that asks for a credential; undefined where none does. */
export const requestedBusKey = ({ metadata }: Stored<CertificateSigningRequest>): string | undefined =>
  metadata.annotations?.[BUS_ANNOTATIONS.key];

/** The bus as its authority reaches it. */
export interface AgentBusOptions {
  authority: BusAuthority;
  /** Where this process reaches the server, and where agents do. */
  url: string;
  agentUrl: string;
  /** The authority of the server's certificate, as PEM. */
  ca: string;
}

/** What an agent that joins needs of the bus, and what ends with its certificate. */
export class AgentBus {
  readonly #authority: BusAuthority;
  readonly #accounts: AgentAccounts;
  readonly #where: Pick<AgentBusOptions, 'agentUrl' | 'ca'>;
  /**
   * Keys that this process has found revoked on the server at least twice. Once is not enough: another replica may have
   * been issuing a credential at that time, and have written the account back as it was before.
   */
  #revoked: ReadonlySet<string> = new Set();
  /** Keys of the pass before. */
  #lately: ReadonlySet<string> = new Set();

  constructor({ authority, url, agentUrl, ca }: AgentBusOptions) {
    this.#authority = authority;
    this.#accounts = new AgentAccounts({ url, ca, authority });
    this.#where = { agentUrl, ca };
  }

  /**
   * Makes the account of an agent, and returns the annotations that answer its request. Times are in ms since 1970.
   * @throws RevokedKeyError, and Error while the server cannot be reached.
   */
  async issue(agent: string, publicKey: string, now: number, expires: number): Promise<Record<string, string>> {
    await this.#accounts.enrol(agent, publicKey);
    return {
      [BUS_ANNOTATIONS.credential]: agentUserJwt(this.#authority, { agent, publicKey, now, expires }),
      [BUS_ANNOTATIONS.url]: this.#where.agentUrl,
      [BUS_ANNOTATIONS.authority]: this.#where.ca,
    };
  }

  /**
   * Ends the credentials beside these certificates, which are all that are revoked and have not ended. Their
   * connections are closed. @throws Error while the server cannot be reached.
   */
  async revoke(certificates: readonly RevokedCertificate[]): Promise<void> {
    const keys = new Map<string, string[]>();
    for (const { agent, busKey } of certificates) {
      if (busKey !== undefined) keys.set(agent, [...(keys.get(agent) ?? []), busKey]);
    }
    for (const [agent, ofAgent] of keys) {
      if (!ofAgent.every((key) => this.#revoked.has(key))) await this.#accounts.revokeKeys(agent, ofAgent);
    }
    const all = [...keys.values()].flat();
    this.#revoked = new Set(all.filter((key) => this.#lately.has(key)));
    this.#lately = new Set(all);
  }

  /** Ends every credential of an agent that was issued until now. @throws Error while the server cannot be reached. */
  revokeAgent(agent: string): Promise<void> {
    return this.#accounts.revoke(agent);
  }

  /** Suspends agents that flood the bus. Resolves when the signal aborts. */
  watchTraffic(options: Omit<TrafficOptions, 'accounts'>): Promise<void> {
    return new AgentTraffic({ ...options, accounts: this.#accounts }).run();
  }

  close(): Promise<void> {
    return this.#accounts.close();
  }
}
