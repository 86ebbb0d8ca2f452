import { AuthorizationError, connect } from '@nats-io/transport-node';
import { ANSWER_DEADLINE_MS, type LivenessAnswer } from '../process/liveness.js';
import { answerOfError, keptQuestion } from './kept-question.js';
import type { NatsUser } from './nats-config.js';

/**
 * Asks JetStream for its account on a kept connection. A server whose disk was full may still accept connections while
 * JetStream hangs or has been switched off; only a restart mends that. A refused password is an answer. The question
 * never rejects.
 */
export function natsProbe(port: number, { user, password }: NatsUser): () => Promise<LivenessAnswer> {
  const open = async () => {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      user,
      pass: password,
      reconnect: false,
      timeout: ANSWER_DEADLINE_MS,
      name: 'everynode supervisor',
    });
    return {
      ask: () => connection.request('$JS.API.INFO', '', { timeout: ANSWER_DEADLINE_MS }),
      close: () => {
        connection.close().catch(() => undefined);
      },
    };
  };
  return keptQuestion(open, (error) => (error instanceof AuthorizationError ? 'answered' : answerOfError(error)));
}
