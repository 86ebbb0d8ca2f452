import type { SentCount, ServerCounts } from '@everynode/bus-credentials';

/** A server that has not answered for so long is forgotten, in ms. */
const FORGOTTEN_MS = 600_000;
const NONE: SentCount = { messages: 0, bytes: 0 };

/**
 * What the clients of each account have sent since the look before, to all servers together. Each server counts from
 * its own start, so only counts of the same start are compared, and a server that is seen for the first time counts
 * from then on. One that misses a look is compared with the one before.
 */
export class SentSince {
  readonly #servers = new Map<string, { accounts: ServerCounts['accounts']; at: number }>();

  /** Returns the accounts that have sent something. `now` is in ms, of a clock that does not go back. */
  next(servers: readonly ServerCounts[], now: number): Map<string, SentCount> {
    const sent = new Map<string, SentCount>();
    for (const { server, accounts } of servers) {
      const known = this.#servers.get(server);
      this.#servers.set(server, { accounts, at: now });
      if (known) addIncrease(sent, accounts, known.accounts);
    }
    for (const [server, { at }] of this.#servers) if (now - at > FORGOTTEN_MS) this.#servers.delete(server);
    return sent;
  }
}

function addIncrease(
  sent: Map<string, SentCount>,
  accounts: ServerCounts['accounts'],
  before: ServerCounts['accounts'],
): void {
  for (const [account, count] of accounts) {
    const { messages, bytes } = before.get(account) ?? NONE;
    // An account that was loaded again counts from nothing.
    if (count.messages <= messages) continue;
    const { messages: others, bytes: otherBytes } = sent.get(account) ?? NONE;
    sent.set(account, {
      messages: others + count.messages - messages,
      bytes: otherBytes + Math.max(0, count.bytes - bytes),
    });
  }
}
