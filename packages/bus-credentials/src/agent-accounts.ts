import { isDeepStrictEqual } from 'node:util';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { agentAccountJwt, systemUserJwt } from './accounts.js';
import { agentFence } from './agent-fence.js';
import type { BusAuthority } from './bus-authority.js';
import { proofOf } from './credential.js';
import { readClaims } from './jwt.js';
import { createNkey } from './nkey.js';

/** How to reach the server that keeps the accounts. */
interface AgentAccountsOptions {
  url: string;
  /** The certificate authority that the server's certificate is signed by, as PEM. */
  ca: string;
  authority: BusAuthority;
}

/** A key of the bus was revoked, and asks for a credential again. Its agent has to make another key. */
export class RevokedKeyError extends Error {
  override readonly name = 'RevokedKeyError';
  readonly retryable = false;
  constructor(readonly agent: string) {
    super(`the key of the bus that agent ${agent} names was revoked`);
  }
}

const INBOX = '_INBOX_accounts';
const TIMEOUT_MS = 5000;

/** What the server answers to a change of an account. */
interface ClaimsReply {
  data?: { code?: number };
  error?: { description?: string };
}

/**
 * The accounts of agents, as the server keeps them. A change holds at once: nothing is loaded again, and connections of
 * others notice nothing. What was revoked is kept in the account itself.
 */
export class AgentAccounts {
  readonly #options: AgentAccountsOptions;
  #connection: Promise<NatsConnection> | undefined;
  /** One change at a time: each begins with what the one before left. */
  #changes: Promise<unknown> = Promise.resolve();

  /** Connects at the first change. */
  constructor(options: AgentAccountsOptions) {
    this.#options = options;
  }

  /**
   * Makes the account of an agent, unless there is one. `publicKey` is the key that is to get a credential.
   * @throws RevokedKeyError when that key was revoked, and Error when the server does not take the account.
   */
  enrol(agent: string, publicKey?: string): Promise<void> {
    return this.#change(agent, (revocations) => {
      if (publicKey !== undefined && revocations[publicKey] !== undefined) throw new RevokedKeyError(agent);
      return revocations;
    });
  }

  /**
   * Ends every credential of an agent that was issued until now. Its connections are closed, and it is refused until it
   * has a credential of a later second.
   */
  revoke(agent: string): Promise<void> {
    return this.#change(agent, () => ({ '*': seconds() }));
  }

  /** Ends the credentials of keys of an agent. Those of its other keys stay. A key that is revoked already stays so. */
  revokeKeys(agent: string, publicKeys: readonly string[]): Promise<void> {
    return this.#change(agent, (revocations) => ({
      ...Object.fromEntries(publicKeys.map((key) => [key, seconds()])),
      ...revocations,
    }));
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    this.#connection = undefined;
    await connection?.close();
  }

  #change(agent: string, next: (revocations: Record<string, number>) => Record<string, number>): Promise<void> {
    agentFence(agent); // Refuses a bad name before anything is signed for it.
    const turn = this.#changes.then(() => this.#carryOut(agent, next));
    this.#changes = turn.catch(() => undefined);
    return turn;
  }

  async #carryOut(agent: string, next: (revocations: Record<string, number>) => Record<string, number>): Promise<void> {
    const connection = await this.#connected();
    const { authority } = this.#options;
    const account = authority.agent(agent).publicKey;
    const known = await this.#lookUp(connection, account);
    const claims = known === undefined ? undefined : readClaims(known);
    const jwt = agentAccountJwt(authority, agent, next(claims?.nats.revocations ?? {}), Date.now());
    // Another process may change the account at this time: what would change nothing must not undo that.
    if (claims && isDeepStrictEqual(readClaims(jwt).nats, claims.nats)) return;
    const reply = await connection.request('$SYS.REQ.CLAIMS.UPDATE', jwt, { timeout: TIMEOUT_MS });
    const { data, error } = reply.json<ClaimsReply>();
    if (error || data?.code !== 200)
      throw new Error(`the bus refused an account: ${error?.description ?? 'no reason'}`);
  }

  /**
   * The JWT of an account; undefined when there is none. The server does not answer then, but it answers in order: what
   * it has said before it names the account that is always there.
   */
  async #lookUp(connection: NatsConnection, account: string): Promise<string | undefined> {
    const ask = (id: string) => connection.request(`$SYS.REQ.ACCOUNT.${id}.CLAIMS.LOOKUP`, '', { timeout: TIMEOUT_MS });
    const answer = ask(account).then((message) => message.string());
    answer.catch(() => undefined);
    const after = ask(this.#options.authority.services.publicKey).then(() => undefined);
    return await Promise.race([answer, after]);
  }

  /** The connection that there is, or a new one when it was lost. */
  async #connected(): Promise<NatsConnection> {
    const known = await this.#connection?.catch(() => undefined);
    if (known && !known.isClosed()) return known;
    this.#connection = this.#connect();
    return await this.#connection;
  }

  #connect(): Promise<NatsConnection> {
    const { authority, ca, url } = this.#options;
    const key = createNkey('user');
    return connect({
      servers: url,
      name: 'everynode accounts',
      inboxPrefix: INBOX,
      reconnect: false,
      timeout: TIMEOUT_MS,
      ...proofOf(systemUserJwt(authority, key.publicKey, INBOX, Date.now()), key, ca),
    });
  }
}

const seconds = (): number => Math.floor(Date.now() / 1000);
