import { connectionProof } from '@everynode/bus-credentials';
import { connect, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import type { OwnCluster } from '../cluster/own-cluster.js';

/** What one message was like. Its body is not kept: its size is what costs. */
export interface RecordedMessage {
  subject: string;
  bytes: number;
  headers: MsgHdrs | undefined;
}

export async function connectToBus({ nats }: OwnCluster): Promise<NatsConnection> {
  return await connect({
    servers: nats.url,
    ...(await connectionProof(nats.credential)),
    name: 'everynode-bench',
    maxReconnectAttempts: 5,
    timeout: 5000,
  });
}

/** Records every message on the bus until the returned function is called, which returns them. */
export async function recordMessages(cluster: OwnCluster): Promise<() => Promise<RecordedMessage[]>> {
  const connection = await connectToBus(cluster);
  const messages: RecordedMessage[] = [];
  connection.subscribe('everynode.v1.>', {
    callback: (error, message) => {
      if (error === null) {
        messages.push({ subject: message.subject, bytes: message.data.length, headers: message.headers });
      }
    },
  });
  await connection.flush();
  return async () => {
    const heard = messages.slice();
    await connection.close();
    return heard;
  };
}
