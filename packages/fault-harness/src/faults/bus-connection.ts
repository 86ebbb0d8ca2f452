import { connectionProof } from '@everynode/bus-credentials';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import type { Cluster } from '../cluster/cluster.js';

/** Connects to the bus itself, past every proxy, as a service may. */
export async function connectToBus({ nats }: Cluster): Promise<NatsConnection> {
  return await connect({ servers: nats.url, ...(await connectionProof(nats.credential)) });
}
