import { agentOfSubject, isReplyTo, type RequestFailed } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import type { RequestTurns } from './request-turns.js';

/** Returns the reply to a request. A rejection is sent as a reply that says so. */
export type Answer = (subject: string, body: string) => Promise<string>;

/** Which requests are answered: those on a subject, shared with the other members of the queue, in turn by agent. */
interface Answered {
  subject: string;
  queue: string;
  turns: RequestTurns;
}

/**
 * Answers the requests of one connection. See `Bus.respond`. An answer goes to the agent that asked and to no other
 * subject, because it is sent with the rights of this connection.
 */
export function respond(
  connection: NatsConnection,
  { subject, queue, turns }: Answered,
  answer: Answer,
  log: Logger,
): void {
  connection.subscribe(subject, {
    queue,
    callback: (err, message) => {
      if (err) log.warn({ err, subject }, 'requests cannot be received');
      else receive(message, turns, () => serve(message, answer, log), log);
    },
  });
}

function receive(message: Msg, turns: RequestTurns, serveIt: () => Promise<void>, log: Logger): void {
  const { subject, reply } = message;
  const agent = agentOfSubject(subject);
  if (agent !== undefined && isReplyTo(agent, reply ?? '')) turns.add(agent, message.data.length, serveIt);
  else if (turns.refuse(agent ?? '')) {
    log.warn({ subject, reply }, 'a request was dropped: its answer would not go to its sender');
  }
}

async function serve(message: Msg, answer: Answer, log: Logger): Promise<void> {
  const { subject } = message;
  const reply = await answer(subject, message.string()).catch((error: unknown) => {
    log.warn({ err: error, subject }, 'a request could not be answered');
    const failed: RequestFailed = { error: error instanceof Error ? error.message : String(error) };
    return JSON.stringify(failed);
  });
  try {
    message.respond(reply);
  } catch (err) {
    log.warn({ err, subject }, 'the connection was lost before a request was answered');
  }
}
