import { agentOfSubject, isReplyTo, type RequestFailed } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';
import type { Msg, NatsConnection } from '@nats-io/transport-node';

/** Returns the reply to a request. A rejection is sent as a reply that says so. */
export type Answer = (subject: string, body: string) => Promise<string>;

/**
 * Answers the requests of one connection. See `Bus.respond`. An answer goes to the agent that asked and to no other
 * subject, because it is sent with the rights of this connection.
 */
export function respond(connection: NatsConnection, subject: string, queue: string, answer: Answer, log: Logger): void {
  connection.subscribe(subject, {
    queue,
    callback: (err, message) => {
      if (err) log.warn({ err, subject }, 'requests cannot be received');
      else void serve(message, answer, log);
    },
  });
}

async function serve(message: Msg, answer: Answer, log: Logger): Promise<void> {
  const { subject } = message;
  const agent = agentOfSubject(subject);
  if (agent === undefined || !isReplyTo(agent, message.reply ?? '')) {
    log.warn({ subject, reply: message.reply }, 'a request was dropped: its answer would not go to its sender');
    return;
  }
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
