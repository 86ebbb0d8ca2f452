import { type BusCredential, connectionProof } from '@everynode/bus-credentials';
import { AuthorizationError, connect } from '@nats-io/transport-node';
import { ANSWER_DEADLINE_MS, type LivenessAnswer } from '../process/liveness.js';
import { answerOfError, keptQuestion } from './kept-question.js';

/**
 * Asks JetStream for its account on a kept connection. A server whose disk was full may still accept connections while
 * JetStream hangs or has been switched off; only a restart mends that. A refused credential is an answer. The question
 * never rejects.
 */
export function natsProbe(url: string, credential: BusCredential): () => Promise<LivenessAnswer> {
  const open = async () => {
    const connection = await connect({
      servers: url,
      ...(await connectionProof(credential)),
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
