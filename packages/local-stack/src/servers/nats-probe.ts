import { connect } from '@nats-io/transport-node';
import { ANSWER_DEADLINE_MS, type LivenessAnswer } from '../process/liveness.js';
import type { NatsUser } from './nats-config.js';

/**
 * Asks JetStream for its account on a connection of its own. A server whose disk was full may still accept connections
 * while JetStream hangs or has been switched off; only a restart mends that. Never rejects.
 */
export async function probeNats(port: number, { user, password }: NatsUser): Promise<LivenessAnswer> {
  try {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      user,
      pass: password,
      reconnect: false,
      timeout: ANSWER_DEADLINE_MS,
    });
    try {
      await connection.request('$JS.API.INFO', '', { timeout: ANSWER_DEADLINE_MS });
      return 'answered';
    } finally {
      connection.close().catch(() => undefined);
    }
  } catch {
    return 'silent';
  }
}
