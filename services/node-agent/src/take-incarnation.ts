import { randomUUID } from 'node:crypto';
import type { Bus } from '@everynode/bus';
import { parseExchange, subjects } from '@everynode/contract';
import { type BackoffOptions, type Logger, retryUntilDone } from '@everynode/service-shell';

const REQUEST_TIMEOUT_MS = 2000;
const BACKOFF: BackoffOptions = { firstMs: 100, maxMs: 2000 };

interface NewProcess {
  agent: string;
  bus: Pick<Bus, 'request'>;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Asks the control plane for the incarnation of this process, until it is answered: the store hands it out, so the
 * clock of this machine may be wrong. Undefined when the signal aborts before.
 */
export function takeIncarnation({ agent, bus, log, signal }: NewProcess): Promise<number | undefined> {
  // Answers of a slow store may come late: under one name, all of them are the same.
  const request = JSON.stringify({ process: randomUUID() });
  const ask = async (): Promise<number> => {
    const reply = await bus.request(subjects.request(agent, 'take-incarnation'), request, REQUEST_TIMEOUT_MS);
    return parseExchange('take-incarnation', 'reply', reply).incarnation;
  };
  return retryUntilDone(ask, {
    signal,
    backoff: BACKOFF,
    onFailure: (err, failures) => log.warn({ err, failures }, 'no scheduler answers yet'),
  });
}
