import { isDeepStrictEqual } from 'node:util';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  type AgentAccountState,
  agentAccountJwt,
  agentAccountState,
  agentOfAccount,
  systemUserJwt,
} from './accounts.js';
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

/** Accounts that are looked up at once. */
const LOOKUPS = 64;

/** What a server answers to the question for the counts of accounts. */
interface StatzReply {
  server?: { id: string };
  data?: { account_statz?: { acc: string; received: { msgs: number; bytes: number } }[] };
}

/** How long after an answer another server may still answer, in ms. */
const OTHER_SERVERS_MS = 250;

/** What clients have sent, since their server started. */
export interface SentCount {
  messages: number;
  bytes: number;
}

/** The counts of one server, by the public key of the account. */
export interface ServerCounts {
  /** Of this start of the server. */
  server: string;
  accounts: ReadonlyMap<string, SentCount>;
}

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
    return this.#change(agent, (state) => {
      if (publicKey !== undefined && state.revocations[publicKey] !== undefined) throw new RevokedKeyError(agent);
      return state;
    });
  }

  /**
   * Ends every credential of an agent that was issued until `at`, in ms since 1970. Its connections are closed, and it
   * is refused until it has a credential of a later second.
   */
  revoke(agent: string, at = Date.now()): Promise<void> {
    return this.#change(agent, (state) => ({ ...state, revocations: revokedUntil(state.revocations, seconds(at)) }));
  }

  /** Ends the credentials of keys of an agent. Those of its other keys stay. A key that is revoked already stays so. */
  revokeKeys(agent: string, publicKeys: readonly string[]): Promise<void> {
    const revoked = Object.fromEntries(publicKeys.map((key) => [key, seconds(Date.now())]));
    return this.#change(agent, (state) => ({ ...state, revocations: { ...revoked, ...state.revocations } }));
  }

  /**
   * Closes the connections of an agent, and refuses new ones until `until`, in seconds since 1970. Its credentials
   * stay. Call {@link resume} then: the server does not look at the time.
   */
  suspend(agent: string, until: number): Promise<void> {
    return this.#change(agent, (state) => ({ ...state, suspendedUntil: Math.max(until, state.suspendedUntil ?? 0) }));
  }

  /**
   * Lets an agent connect again, unless it is suspended for longer. Resolves to the end of that suspension, in seconds
   * since 1970; undefined when it may connect.
   */
  async resume(agent: string): Promise<number | undefined> {
    let until: number | undefined;
    await this.#change(agent, (state) => {
      until = state.suspendedUntil;
      return state;
    });
    return until !== undefined && until > Date.now() / 1000 ? until : undefined;
  }

  /** The agents that are suspended, and until when, in seconds since 1970. It looks at every account. */
  async suspended(): Promise<Map<string, number>> {
    const connection = await this.#connected();
    const list = await connection.request('$SYS.REQ.CLAIMS.LIST', '', { timeout: TIMEOUT_MS });
    const accounts = list.json<{ data?: string[] }>().data ?? [];
    const suspended = new Map<string, number>();
    for (let at = 0; at < accounts.length; at += LOOKUPS) {
      const some = accounts.slice(at, at + LOOKUPS).map((account) => this.#lookUp(connection, account));
      for (const jwt of await Promise.all(some)) {
        if (jwt === undefined) continue;
        const claims = readClaims(jwt);
        const agent = agentOfAccount(claims);
        const { suspendedUntil } = agentAccountState(claims);
        if (agent !== undefined && suspendedUntil !== undefined) suspended.set(agent, suspendedUntil);
      }
    }
    return suspended;
  }

  /** What each server has received from its clients since it started. Servers of a cluster count on their own. */
  async received(): Promise<ServerCounts[]> {
    const connection = await this.#connected();
    // With those that have no connection now: their counts go on, and their clients may come back.
    const question = JSON.stringify({ include_unused: true });
    const replies = await connection.requestMany('$SYS.REQ.ACCOUNT.PING.STATZ', question, {
      strategy: 'stall',
      stall: OTHER_SERVERS_MS,
      maxWait: TIMEOUT_MS,
    });
    const servers: ServerCounts[] = [];
    for await (const reply of replies) {
      const { server, data } = reply.json<StatzReply>();
      const counts = data?.account_statz ?? [];
      const accounts = counts.map(({ acc, received: { msgs, bytes } }) => [acc, { messages: msgs, bytes }] as const);
      servers.push({ server: server?.id ?? '', accounts: new Map(accounts) });
    }
    return servers;
  }

  /** The agent of an account; undefined when it is no agent's, or is gone. */
  async agentOf(account: string): Promise<string | undefined> {
    const jwt = await this.#lookUp(await this.#connected(), account);
    return jwt === undefined ? undefined : agentOfAccount(readClaims(jwt));
  }

  async close(): Promise<void> {
    const connection = await this.#connection?.catch(() => undefined);
    this.#connection = undefined;
    await connection?.close();
  }

  #change(agent: string, next: (state: AgentAccountState) => AgentAccountState): Promise<void> {
    agentFence(agent); // Refuses a bad name before anything is signed for it.
    const turn = this.#changes.then(() => this.#carryOut(agent, next));
    this.#changes = turn.catch(() => undefined);
    return turn;
  }

  async #carryOut(agent: string, next: (state: AgentAccountState) => AgentAccountState): Promise<void> {
    const connection = await this.#connected();
    const { authority } = this.#options;
    const account = authority.agent(agent).publicKey;
    const known = await this.#lookUp(connection, account);
    const claims = known === undefined ? undefined : readClaims(known);
    const jwt = agentAccountJwt(
      authority,
      agent,
      next(claims ? agentAccountState(claims) : { revocations: {} }),
      Date.now(),
    );
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

const seconds = (ms: number): number => Math.floor(ms / 1000);

/** These revocations, with all keys revoked up to a time, in seconds since 1970. Keys that this covers go. */
function revokedUntil(revocations: Record<string, number>, until: number): Record<string, number> {
  const all = Math.max(until, revocations['*'] ?? 0);
  const later = Object.entries(revocations).filter(([key, time]) => key !== '*' && time > all);
  return { ...Object.fromEntries(later), '*': all };
}
