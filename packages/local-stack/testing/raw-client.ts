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
  close(): Promise<void>;
}

/** Connects with the credential of an agent. What the server refuses is not reported. */
export async function connectRaw(url: string, credential: BusCredential): Promise<RawClient> {
  const connection = await connect({ servers: url, ...(await connectionProof(credential)) });
  return {
    publish: (subject, body, { reply, headers = {} } = {}) => {
      const head = newHeaders();
      for (const [name, value] of Object.entries(headers)) head.set(name, value);
      connection.publish(subject, body, { headers: head, ...(reply !== undefined && { reply }) });
    },
    flush: () => connection.flush(),
    close: () => connection.close(),
  };
}
