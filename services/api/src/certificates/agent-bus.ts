import { AgentTraffic, type TrafficOptions } from '@everynode/bus';
import { AgentAccounts, agentUserJwt, type BusAuthority } from '@everynode/bus-credentials';
import type { CertificateSigningRequest, Stored } from '@everynode/objects';
import type { RevokedAgent, RevokedCertificate, Store } from '@everynode/store';

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

/** What has ended, and could be good on the bus still: certificates that have not expired, and agents of late. */
export interface Revocations {
  certificates: readonly RevokedCertificate[];
  agents: readonly RevokedAgent[];
}

export async function readRevocations(
  store: Pick<Store, 'revokedCertificates' | 'revokedAgents'>,
): Promise<Revocations> {
  const [certificates, agents] = await Promise.all([store.revokedCertificates(), store.revokedAgents()]);
  return { certificates, agents };
}

/** What of one agent has ended: keys, and everything that it got until `at`, in ms since 1970. */
interface Ended {
  keys: string[];
  at?: number;
}

function endedByAgent({ certificates, agents }: Revocations): Map<string, Ended> {
  const ended = new Map<string, Ended>();
  const of = (agent: string): Ended => {
    const known = ended.get(agent) ?? { keys: [] };
    ended.set(agent, known);
    return known;
  };
  for (const { agent, busKey } of certificates) if (busKey !== undefined) of(agent).keys.push(busKey);
  for (const { agent, at } of agents) of(agent).at = at;
  return ended;
}

/** A text for each thing that has ended. */
const marksOf = (agent: string, { keys, at }: Ended): string[] => [
  ...keys,
  ...(at === undefined ? [] : [`${agent} ${at}`]),
];

/** The bus as its authority reaches it. */
export interface AgentBusOptions {
  store: Pick<Store, 'revokedCertificates' | 'revokedAgents'>;
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
  readonly #store: AgentBusOptions['store'];
  /**
   * What this process has found ended on the server at least twice. Once is not enough: another replica may have
   * changed the account at that time, have written it back as it was before, and not have lived to look again.
   */
  #known: ReadonlySet<string> = new Set();
  /** What had ended at the pass before. */
  #lately: ReadonlySet<string> = new Set();

  constructor({ store, authority, url, agentUrl, ca }: AgentBusOptions) {
    this.#store = store;
    this.#authority = authority;
    this.#accounts = new AgentAccounts({ url, ca, authority });
    this.#where = { agentUrl, ca };
  }

  /**
   * Makes the account of an agent, and returns the annotations that answer its request. Times are in ms since 1970.
   * @throws RevokedKeyError, and Error while the server cannot be reached.
   */
  async issue(agent: string, publicKey: string, now: number, expires: number): Promise<Record<string, string>> {
    await this.#change(agent, () => this.#accounts.enrol(agent, publicKey));
    return {
      [BUS_ANNOTATIONS.credential]: agentUserJwt(this.#authority, { agent, publicKey, now, expires }),
      [BUS_ANNOTATIONS.url]: this.#where.agentUrl,
      [BUS_ANNOTATIONS.authority]: this.#where.ca,
    };
  }

  /**
   * Ends what is revoked: all of it, as the store knows it. Connections are closed. @throws Error while the server
   * cannot be reached.
   */
  async revoke(revocations: Revocations): Promise<void> {
    const ended = endedByAgent(revocations);
    for (const [agent, ofAgent] of ended) {
      if (!marksOf(agent, ofAgent).every((mark) => this.#known.has(mark))) await this.#end(agent, ofAgent);
    }
    const all = [...ended].flatMap(([agent, ofAgent]) => marksOf(agent, ofAgent));
    this.#known = new Set(all.filter((mark) => this.#lately.has(mark)));
    this.#lately = new Set(all);
  }

  /**
   * Ends every credential of an agent that was issued until `at`, in ms since 1970. @throws Error while the server
   * cannot be reached.
   */
  revokeAgent(agent: string, at: number): Promise<void> {
    return this.#accounts.revoke(agent, at);
  }

  /** Suspends agents that flood the bus. Resolves when the signal aborts. */
  watchTraffic(options: Omit<TrafficOptions, 'accounts'>): Promise<void> {
    const accounts = this.#accounts;
    const guarded: TrafficOptions['accounts'] = {
      received: () => accounts.received(),
      agentOf: (account) => accounts.agentOf(account),
      suspended: () => accounts.suspended(),
      suspend: (agent, until) => this.#change(agent, () => accounts.suspend(agent, until)),
      resume: (agent) => this.#change(agent, () => accounts.resume(agent)),
    };
    return new AgentTraffic({ ...options, accounts: guarded }).run();
  }

  /**
   * Changes an account, and then ends what has ended meanwhile. The server takes an account as a whole: a change writes
   * back what it has read, and may so undo a revocation by another replica that came in between. The store knows of
   * that one, since it is noted before the server is told.
   */
  async #change<T>(agent: string, change: () => Promise<T>): Promise<T> {
    const changed = await change();
    const ended = endedByAgent(await readRevocations(this.#store)).get(agent);
    if (ended) await this.#end(agent, ended);
    return changed;
  }

  async #end(agent: string, { keys, at }: Ended): Promise<void> {
    if (at !== undefined) await this.#accounts.revoke(agent, at);
    if (keys.length > 0) await this.#accounts.revokeKeys(agent, keys);
  }

  close(): Promise<void> {
    return this.#accounts.close();
  }
}
