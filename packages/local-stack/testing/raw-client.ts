import { type BusCredential, connectionProof } from '@everynode/bus-credentials';
import { connect, headers as newHeaders } from '@nats-io/transport-node';

/** A client of the bus that sends what no service of Everynode would, such as any reply subject. */
export interface RawClient {
  publish(
    subject: string,
    body: string,
    options?: { reply?: string; headers?: Readonly<Record<string, string>> },
  ): void;
  /** Resolves when the server has read everything that was sent. */
  flush(): Promise<void>;
  /** Resolves when the connection has ended, asked to or not. It is not made again. */
  closed: Promise<unknown>;
  close(): Promise<void>;
}

/** Connects with the credential of an agent. Of what it sends, what the server refuses is not reported. */
export async function connectRaw(url: string, credential: BusCredential): Promise<RawClient> {
  const connection = await connect({ servers: url, reconnect: false, ...(await connectionProof(credential)) });
  return {
    publish: (subject, body, { reply, headers = {} } = {}) => {
      const head = newHeaders();
      for (const [name, value] of Object.entries(headers)) head.set(name, value);
      connection.publish(subject, body, { headers: head, ...(reply !== undefined && { reply }) });
    },
    flush: () => connection.flush(),
    closed: connection.closed(),
    close: () => connection.close(),
  };
}
